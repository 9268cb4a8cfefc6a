"""What can be asked of mails: how many went to a person, when, and how many nobody opened."""

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from core.contacts.filter_fields import table
from core.events.models import Event
from core.filters.fields import Aggregate, FilterField, Source
from core.filters.terms import FieldInfo, Kind
from core.messages.models import Message
from core.messages.terms import MessageStatus

OPENED = ("mail.opened", "mail.clicked")
"""A click shows a reader even where pictures are not loaded."""

_OWNER = col(Message.contact_id)
_ROWS = table(Message)
_LEFT = (
    col(Message.sent_at).is_not(None),  # says nothing new, but lets the index of them answer
    col(Message.status).in_([MessageStatus.SENT, MessageStatus.DELIVERED]),
)


def _field(key: str, kind: Kind, source: Source) -> FilterField:
    """Opening is told by an event; that a mail left or came back is not."""
    info = FieldInfo(
        key, kind, "mail", f"filter.field.{key}", moved_by=frozenset(OPENED), is_silent=True
    )
    return FilterField(info, source)


def _unread() -> Aggregate:
    """Return how many mails in a row, the newest ones, nobody opened."""
    other = table(Message).alias("other_message")
    opened = (
        select(func.max(other.c.sent_at))
        .select_from(
            other.join(
                table(Event),
                and_(
                    col(Event.subject_type) == "message",
                    col(Event.subject_id) == other.c.id,
                    col(Event.name).in_(OPENED),
                ),
            )
        )
        .where(other.c.contact_id == _OWNER)
        .correlate(_ROWS)
        .scalar_subquery()
    )
    is_later = or_(opened.is_(None), col(Message.sent_at) > opened)
    return Aggregate(_OWNER, func.count(col(Message.id)), _ROWS, (*_LEFT, is_later), default=0)


FIELDS: tuple[FilterField, ...] = (
    _field("mail.sent", Kind.NUMBER,
           Aggregate(_OWNER, func.count(col(Message.id)), _ROWS, _LEFT, default=0)),
    _field("mail.last_sent", Kind.MOMENT,
           Aggregate(_OWNER, func.max(col(Message.sent_at)), _ROWS, _LEFT)),
    _field("mail.bounced", Kind.NUMBER,
           Aggregate(_OWNER, func.count(col(Message.id)), _ROWS,
                     (col(Message.status) == MessageStatus.BOUNCED,), default=0)),
    _field("mail.unopened", Kind.NUMBER, _unread()),
)  # fmt: skip
