"""A worker, an inbox and a short way to queue and drain, for tests of the way out."""

from datetime import datetime

import pytest
from sqlalchemy import insert
from sqlmodel import Session, select

from core import clock
from core.access.terms import SYSTEM
from core.contacts.models import Contact
from core.db import reading
from core.messages import service as messages
from core.messages.models import Message
from core.messages.terms import Lane, MessageClass, MessageRequest
from core.messages.worker import Worker, drain
from core.templates import service as templates
from core.templates.terms import MessageClass as Klass
from tests.support.cast import NOON, administrator
from tests.support.inbox import Inbox
from tests.support.stores import forget_process_state

TEXTS = {
    "fa": {"subject": "سلام {{ contact.first_name }}", "body": "متن {{ note | default('') }}"},
    "en": {"subject": "Hello {{ contact.first_name }}", "body": "Text {{ note | default('') }}"},
}


def send_to(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every message delivered to this inbox."""
    monkeypatch.setenv("CHAPAR_SMTP_URL", f"smtp://127.0.0.1:{inbox.port}?starttls=none")
    forget_process_state()


def make_template(
    session: Session,
    klass: MessageClass,
    name: str = "Note",
    texts: dict[str, dict[str, str]] | None = None,
) -> int:
    """Return the version id of a template of this class."""
    template = templates.add_template(
        session,
        administrator(),
        given=templates.TemplateInput(name, "other", Klass(klass)),
        texts=texts or TEXTS,
        now=NOON,
    )
    _, version = templates.read_template(session, administrator(), template_id=template.id)
    return version.id


def queue_one(
    session: Session,
    contact: Contact,
    version_id: int,
    *,
    key: str = "one",
    now: datetime | None = None,
    **more: object,
) -> Message:
    request = MessageRequest(
        contact_id=contact.id,
        template_version_id=version_id,
        dedup_key=key,
        **more,  # type: ignore[arg-type]
    )
    return messages.queue(session, SYSTEM, request, now=now or clock.now())


def queue_copies(session: Session, message: Message, count: int) -> None:
    """Queue so many more of this message in one go; queueing each by itself takes 4 ms."""
    known = message.model_dump(exclude={"id", "public_id", "dedup_key"})
    session.execute(
        insert(Message),
        [
            {
                **known,
                "public_id": f"{message.public_id}x{n}",
                "dedup_key": f"{message.dedup_key}:{n}",
            }
            for n in range(count)
        ],
    )


def drain_all(worker: Worker) -> int:
    """Send what is due in every lane."""
    return sum(drain(lane, worker=worker) for lane in Lane)


def reread(message: Message) -> Message:
    with reading() as session:
        return session.exec(select(Message).where(Message.id == message.id)).one()


__all__ = [
    "drain_all",
    "make_template",
    "queue_copies",
    "queue_one",
    "reread",
    "send_to",
]
