"""The last events of a name, with the people they are about, as far as the reader sees them."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.access import rules
from core.access.service import may, verb
from core.access.terms import Actor, Level, Permission
from core.contacts import reach
from core.contacts.listing import name_of
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.events.models import Event
from core.events.rules import sample_of

LAST = 20
_FACTS = 4


@dataclass(frozen=True, kw_only=True)
class RecentEvent:
    """An event as a list shows it. person: public id, "" for a visitor nobody knows."""

    id: int
    at: datetime
    person: str
    name: str
    facts: str


@verb(Permission.EVENT_VIEW, audit=None)
def last_events(session: Session, actor: Actor, *, name: str) -> list[RecentEvent]:
    """Return the last 20 events of the name; whoever sees only their own people sees theirs."""
    statement = select(Event, Contact).where(Event.name == name)
    is_wide = rules.level(actor, Permission.EVENT_VIEW) > Level.OWN
    joined = statement.join(Contact, col(Contact.id) == col(Event.contact_id), isouter=is_wide)
    found = joined.where(*reach.conditions(actor, Permission.EVENT_VIEW))
    rows = session.exec(found.order_by(col(Event.occurred_at).desc()).limit(LAST)).all()
    sees_staff = may(actor, Permission.EMPLOYEE_VIEW)
    return [_line(event, person, sees_staff=sees_staff) for event, person in rows]


def brief(event: Event) -> str:
    """Return a few properties of the event as one short text."""
    told = list(event.properties.items())[:_FACTS]
    return " · ".join(f"{name}: {sample_of(value)}" for name, value in told)


def _line(event: Event, person: Contact | None, *, sees_staff: bool) -> RecentEvent:
    is_shown = person is not None and (sees_staff or person.kind is not ContactKind.EMPLOYEE)
    return RecentEvent(
        id=event.id,
        at=event.occurred_at,
        person=person.public_id if person is not None and is_shown else "",
        name=name_of(person) or person.search_key if person is not None and is_shown else "",
        facts=brief(event),
    )
