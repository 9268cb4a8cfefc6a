"""The first steps of each role: what to do once, and whether it is done by now."""

from collections.abc import Callable
from dataclasses import dataclass

from components import actions, auth, cached
from core.access.terms import Permission
from core.accounts.service import list_staff
from core.alerts.service import list_rules
from core.operations.service import tiles
from core.organisation.terms import MailMode, SetupStep
from core.people.service import count_employees

P = Permission


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: its texts `home.step.<name>`, where it is done, for whom, and whether it is."""

    name: str
    page: str
    permission: Permission
    is_done: Callable[[auth.Who], bool]


def _set_up(who: auth.Who) -> bool:
    return who.organisation is None or who.organisation.setup_step is SetupStep.DONE


def _has_colleagues(_who: auth.Who) -> bool:
    return len(actions.ask(list_staff)) > 1


def _is_live(who: auth.Who) -> bool:
    return who.organisation is not None and who.organisation.mail_mode is MailMode.LIVE


def _has_stock(_who: auth.Who) -> bool:
    return actions.ask(tiles).item_count > 0


def _has_rule(_who: auth.Who) -> bool:
    return any(line.is_enabled for line in actions.ask(list_rules))


def _has_employees(_who: auth.Who) -> bool:
    return actions.ask(count_employees) > 0


def _has_second_factor(who: auth.Who) -> bool:
    return who.user is not None and bool(who.user.totp_sealed)


STEPS = (
    Step(name="setup", page="admin/setup.py", permission=P.SETTINGS_EDIT, is_done=_set_up),
    Step(name="staff", page="admin/users.py", permission=P.USER_EDIT, is_done=_has_colleagues),
    Step(
        name="stock",
        page="operations/stock.py",
        permission=P.STOCK_EDIT,
        is_done=_has_stock,
    ),
    Step(name="rule", page="operations/rules.py", permission=P.ALERT_EDIT, is_done=_has_rule),
    Step(
        name="employees",
        page="people/employees.py",
        permission=P.EMPLOYEE_EDIT,
        is_done=_has_employees,
    ),
    Step(name="live", page="admin/senders.py", permission=P.SENDER_EDIT, is_done=_is_live),
    Step(name="factor", page="account.py", permission=P.SELF_EDIT, is_done=_has_second_factor),
)


def of(who: auth.Who) -> list[tuple[Step, bool]]:
    """Return the steps of this person with whether each is done, in the order to take them."""
    mine = [step for step in STEPS if auth.may(who, step.permission)]
    name = "first_steps:" + ",".join(step.name for step in mine)
    done = cached.figure(name, lambda: [step.is_done(who) for step in mine], who=str(who.actor.id))
    return list(zip(mine, done, strict=True))
