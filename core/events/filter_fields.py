"""Where the tree finds what people did."""

from sqlmodel import SQLModel, col

from core.events.models import Event
from core.filters.fields import EventSource, FilterField

FIELDS: tuple[FilterField, ...] = ()
_MODEL: type[SQLModel] = Event
SOURCE = EventSource(
    rows=_MODEL.__table__,  # type: ignore[attr-defined]
    id=col(Event.id),
    owner=col(Event.contact_id),
    name=col(Event.name),
    at=col(Event.occurred_at),
    properties=col(Event.properties),
)
