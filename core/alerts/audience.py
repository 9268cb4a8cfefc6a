"""Whom a rule can tell: the departments, and everybody who has an account."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.i18n.terms import Language
from core.organisation import queries as organisation


@dataclass(frozen=True)
class Candidates:
    """Names by id: departments in the actor's language, and staff by their contact."""

    departments: dict[int, str]
    contacts: dict[int, str]


@verb(Permission.ALERT_VIEW, audit=None)
def candidates(session: Session, actor: Actor) -> Candidates:
    """Return everybody a rule can tell."""
    language = Language(actor.language).value
    departments = {one.id: one.names[language] for one in organisation.departments(session)}
    active = select(User).where(col(User.is_active).is_(True)).order_by(col(User.name))
    return Candidates(departments, {user.contact_id: user.name for user in session.exec(active)})
