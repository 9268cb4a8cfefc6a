"""Every page there is: its script, address, icon, who may see it and where it stands."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.access.terms import DepartmentKind, Permission

HERE = Path(__file__).parent
P, K = Permission, DepartmentKind


class Part(StrEnum):
    """The parts of the sidebar. HIDDEN pages are reached from elsewhere."""

    HOME = "home"
    DEPARTMENT = "department"
    WORKSPACE = "workspace"
    ADMIN = "admin"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page. `name` is its address and the second half of its title's code, `page.<name>`.

    permission None: for everybody who is signed in. kind: the department it belongs to.
    """

    name: str
    script: str
    icon: str
    part: Part
    permission: Permission | None = None
    kind: DepartmentKind | None = None


def _department(
    name: str, script: str, icon: str, *, permission: Permission, kind: DepartmentKind
) -> Entry:
    return Entry(name=name, script=script, icon=icon, part=Part.DEPARTMENT,
                 permission=permission, kind=kind)  # fmt: skip


def _workspace(name: str, icon: str, permission: Permission) -> Entry:
    return Entry(name=name, script=f"workspace/{name}.py", icon=icon, part=Part.WORKSPACE,
                 permission=permission)  # fmt: skip


def _admin(name: str, icon: str, permission: Permission) -> Entry:
    return Entry(name=name, script=f"admin/{name}.py", icon=icon, part=Part.ADMIN,
                 permission=permission)  # fmt: skip


_OPERATIONS = (
    ("stock", "inventory_2", P.STOCK_VIEW),
    ("episodes", "notifications_active", P.ALERT_VIEW),
    ("rules", "rule", P.ALERT_VIEW),
    ("import_stock", "upload_file", P.STOCK_IMPORT),
)
_PEOPLE = (
    ("employees", "badge", P.EMPLOYEE_VIEW),
    ("welcome", "waving_hand", P.EMPLOYEE_VIEW),
)

ENTRIES: tuple[Entry, ...] = (
    Entry(name="home", script="home.py", icon="home", part=Part.HOME),
    *(
        _department(name, f"operations/{name}.py", icon, permission=permission, kind=K.OPERATIONS)
        for name, icon, permission in _OPERATIONS
    ),
    *(
        _department(name, f"people/{name}.py", icon, permission=permission, kind=K.PEOPLE)
        for name, icon, permission in _PEOPLE
    ),
    _workspace("contacts", "contacts", P.CONTACT_VIEW),
    _workspace("companies", "apartment", P.CONTACT_VIEW),
    _workspace("hygiene", "cleaning_services", P.CONTACT_VIEW),
    _workspace("import_contacts", "group_add", P.CONTACT_IMPORT),
    _workspace("segments", "group_work", P.SEGMENT_VIEW),
    _workspace("topics", "fact_check", P.TOPIC_VIEW),
    _workspace("forms", "dynamic_form", P.FORM_VIEW),
    _workspace("events", "bolt", P.EVENT_VIEW),
    _workspace("messages", "forward_to_inbox", P.MESSAGE_VIEW),
    _workspace("templates", "draft", P.TEMPLATE_VIEW),
    _workspace("mailbox", "inbox", P.MESSAGE_VIEW),
    _admin("users", "group", P.USER_VIEW),
    _admin("senders", "outgoing_mail", P.SENDER_VIEW),
    _admin("caps", "speed", P.CAP_VIEW),
    _admin("calendars", "calendar_month", P.CALENDAR_VIEW),
    _admin("custom_fields", "edit_note", P.CONTACT_CONFIGURE),
    _admin("privacy", "shield_person", P.SETTINGS_VIEW),
    _admin("audit", "history", P.AUDIT_VIEW),
    _admin("settings", "settings", P.SETTINGS_VIEW),
    Entry(
        name="setup",
        script="admin/setup.py",
        icon="flag",
        part=Part.HIDDEN,
        permission=P.SETTINGS_EDIT,
    ),
    Entry(
        name="contact",
        script="workspace/contact.py",
        icon="person",
        part=Part.HIDDEN,
        permission=P.CONTACT_VIEW,
    ),
    Entry(
        name="account",
        script="account.py",
        icon="account_circle",
        part=Part.HIDDEN,
        permission=P.SELF_EDIT,
    ),
)


def existing() -> list[Entry]:
    """Return the pages whose script is there."""
    return [entry for entry in ENTRIES if (HERE / entry.script).is_file()]


def entry_of(script: str) -> Entry | None:
    """Return the page of a script, named as in ENTRIES."""
    return next((entry for entry in ENTRIES if entry.script == script), None)
