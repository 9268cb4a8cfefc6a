"""The list of what the capture mailbox took in, without the letters themselves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.delivery.models import CapturedMail

PAGE = 50


@dataclass(frozen=True)
class CapturedLine:
    """A captured mail in a list."""

    id: int
    recipient: str
    sender: str
    subject: str
    received_at: datetime


@dataclass(frozen=True)
class CapturedPage:
    """One page of at most 50, newest first, and how many there are in all."""

    lines: list[CapturedLine]
    total: int


@verb(Permission.MESSAGE_VIEW, audit=None)
def list_captured(
    session: Session, _actor: Actor, *, search: str = "", page: int = 1
) -> CapturedPage:
    """Return a page of the captured mails whose subject or recipient holds `search`."""
    wanted = []
    if search:
        like = f"%{search}%"
        wanted.append(
            col(CapturedMail.subject).ilike(like) | col(CapturedMail.recipient).ilike(like)
        )
    total = session.exec(select(func.count()).select_from(CapturedMail).where(*wanted)).one()
    columns = (
        CapturedMail.id,
        CapturedMail.recipient,
        CapturedMail.from_text,
        CapturedMail.subject,
        CapturedMail.received_at,
    )
    statement = select(*columns).where(*wanted).order_by(col(CapturedMail.id).desc())  # type: ignore[call-overload]
    rows = session.exec(statement.limit(PAGE).offset((page - 1) * PAGE)).all()
    return CapturedPage([CapturedLine(*row) for row in rows], total)


@verb(Permission.MESSAGE_VIEW, audit=None)
def captured_line(session: Session, _actor: Actor, *, mail_id: int) -> CapturedLine | None:
    """Return one captured mail as its line in the list."""
    mail = session.get(CapturedMail, mail_id)
    if mail is None:
        return None
    return CapturedLine(mail.id, mail.recipient, mail.from_text, mail.subject, mail.received_at)
