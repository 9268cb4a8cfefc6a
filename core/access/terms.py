"""Words of permission: roles, levels, departments' kinds, permissions and the actor."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class DepartmentKind(StrEnum):
    """What a department does; chooses its pages."""

    PRODUCT = "product"
    SUPPORT = "support"
    SALES = "sales"
    MARKETING = "marketing"
    OPERATIONS = "operations"
    PEOPLE = "people"
    OTHER = "other"


class Role(StrEnum):
    """A ready-made set of rights, held in one department."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    AUTHOR = "author"
    OPERATOR = "operator"
    APPROVER = "approver"
    SELLER = "seller"
    VIEWER = "viewer"
    AUDITOR = "auditor"


class Level(IntEnum):
    """How far a right reaches: rows I own, my team's (else my department's), all granted ones."""

    NO = 0
    OWN = 1
    TEAM = 2
    ALL = 3


class Permission(StrEnum):
    """Object and verb. Send and approve are rights of their own."""

    STOCK_VIEW = "stock:view"
    STOCK_EDIT = "stock:edit"
    STOCK_IMPORT = "stock:import"
    STOCK_EXPORT = "stock:export"
    ALERT_VIEW = "alert:view"
    ALERT_EDIT = "alert:edit"
    ALERT_ACKNOWLEDGE = "alert:acknowledge"
    ALERT_EXPORT = "alert:export"
    EMPLOYEE_VIEW = "employee:view"
    EMPLOYEE_EDIT = "employee:edit"
    EMPLOYEE_IMPORT = "employee:import"
    EMPLOYEE_SEND = "employee:send"
    EMPLOYEE_EXPORT = "employee:export"
    CONTACT_VIEW = "contact:view"
    CONTACT_EDIT = "contact:edit"
    CONTACT_IMPORT = "contact:import"
    CONTACT_EXPORT = "contact:export"
    CONTACT_ERASE = "contact:erase"
    CONTACT_CONFIGURE = "contact:configure"
    SEGMENT_VIEW = "segment:view"
    SEGMENT_EDIT = "segment:edit"
    TOPIC_VIEW = "topic:view"
    TOPIC_EDIT = "topic:edit"
    FORM_VIEW = "form:view"
    FORM_EDIT = "form:edit"
    EVENT_VIEW = "event:view"
    EVENT_RECORD = "event:record"
    ORDER_IMPORT = "order:import"
    TEMPLATE_VIEW = "template:view"
    TEMPLATE_EDIT = "template:edit"
    MESSAGE_VIEW = "message:view"
    MESSAGE_SEND = "message:send"
    MESSAGE_RESOLVE = "message:resolve"
    MESSAGE_EXPORT = "message:export"
    USER_VIEW = "user:view"
    USER_EDIT = "user:edit"
    USER_EXPORT = "user:export"
    SENDER_VIEW = "sender:view"
    SENDER_EDIT = "sender:edit"
    CAP_VIEW = "cap:view"
    CAP_EDIT = "cap:edit"
    CALENDAR_VIEW = "calendar:view"
    CALENDAR_EDIT = "calendar:edit"
    SETTINGS_VIEW = "settings:view"
    SETTINGS_EDIT = "settings:edit"
    APIKEY_EDIT = "apikey:edit"
    AUDIT_VIEW = "audit:view"
    AUDIT_EXPORT = "audit:export"
    SELF_EDIT = "self:edit"
    SYSTEM_RUN = "system:run"


@dataclass(frozen=True)
class Grant:
    """One membership: a role in a department, perhaps in a team of it."""

    department_id: int
    kind: DepartmentKind
    role: Role
    team: str | None = None


@dataclass(frozen=True)
class Actor:
    """On whose behalf a verb runs: a staff member, an API key or a job of the system."""

    kind: str
    id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[Permission] | None = None
    contact_id: int | None = None
    session_hash: str | None = None
    ip: str | None = None
    is_system: bool = False
    language: str = field(default="fa")


SYSTEM = Actor(kind="system", id=None, name="system", is_system=True)
