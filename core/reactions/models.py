"""The row of an open or a click."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from core.db import Row, choice, maybe_ref, ref
from core.reactions.terms import AGENT_LENGTH, NETWORK_LENGTH, ReactionKind, Sign, Verdict

WAITING = text("verdict IS NULL")


class Reaction(Row, table=True):
    """A request for something in a mail, kept as it came in.

    verdict, sign: null until it is judged; they may be judged again. network: forgotten a week on.
    """

    __tablename__ = "reaction"
    __table_args__ = (
        Index("ix_reaction_waiting", "at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_reaction_message", "message_id", "at"),
        Index("ix_reaction_network", "network", "at"),
    )

    message_id: int = ref("message")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    kind: ReactionKind = choice(ReactionKind)
    link_id: int | None = maybe_ref("tracked_link")
    at: datetime
    agent: str = Field(default="", max_length=AGENT_LENGTH)
    network: str = Field(default="", max_length=NETWORK_LENGTH)
    is_head: bool = False
    verdict: Verdict | None = choice(Verdict, default=None, nullable=True)
    sign: Sign | None = choice(Sign, default=None, nullable=True)
