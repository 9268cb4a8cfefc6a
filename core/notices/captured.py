"""Reading what the capture mailbox kept, without handing anybody another person's account.

A captured invitation or password mail holds a link that works, and so does one by which somebody
takes a copy of their data or is erased. Whoever may only read messages must not be able to use it,
so those mails are for who may edit accounts anyway.
"""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from sqlmodel import Session

from core.access.service import require, verb
from core.access.terms import Actor, Permission
from core.delivery.models import CapturedMail
from core.errors import NotFound

_ONE_TIME = re.compile(r"/(?:auth/(?:password|invitation|setup)|p/(?:copy|erasure))/")
_UNREADABLE = (LookupError, ValueError, AttributeError)


@dataclass(frozen=True)
class CapturedText:
    """What a captured mail says. html is what its reader would see, made of the text if need be."""

    subject: str
    text: str
    html: str

    @property
    def holds_one_time_link(self) -> bool:
        """Whether reading this mail is as good as being the one it was sent to."""
        return _ONE_TIME.search(self.text + self.html) is not None


@verb(Permission.MESSAGE_VIEW, audit=None)
def read_captured(session: Session, actor: Actor, *, mail_id: int) -> CapturedText:
    """Return what a captured mail says; Forbidden where it holds a link that works."""
    mail = session.get(CapturedMail, mail_id)
    if mail is None:
        raise NotFound("auth.no_mail")
    said = said_by(mail.raw)
    if said.holds_one_time_link:
        require(actor, Permission.USER_EDIT)
    return said


def said_by(raw: bytes) -> CapturedText:
    """Return the parts of a mail that people read; what cannot be decoded is left out."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = _part(message, "plain"), _part(message, "html")
    shown = html or f'<pre dir="auto" style="white-space:pre-wrap">{escape(text)}</pre>'
    return CapturedText(str(message.get("Subject", "")), text, shown)


def _part(message: EmailMessage, kind: str) -> str:
    try:
        body = message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""
    except _UNREADABLE:
        return ""
