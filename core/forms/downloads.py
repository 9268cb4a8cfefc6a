"""The file a form gives away: mailed as a link that works for some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core import signing
from core.access.terms import SYSTEM
from core.contacts.models import Contact
from core.errors import NotFound
from core.events import service as events
from core.events.service import Fact
from core.files import service as files
from core.files.models import File
from core.forms import limits
from core.forms.models import Form, Submission
from core.messages import links
from core.messages import service as messages
from core.messages.terms import Lane, MessageRequest

PURPOSE, MAIL = "download", "form_file"
DAYS = 7
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Download:
    """A file somebody may have now."""

    submission: Submission
    file: File


def send(session: Session, person: Contact, sent: Sequence[Submission], *, now: datetime) -> None:
    """Mail the person the files of the forms they sent, each form's once an hour at most."""
    for one in {submission.form_id: submission for submission in sent}.values():
        form = session.get_one(Form, one.form_id)
        if form.file_id is None or not limits.allows(
            session, f"file/{form.id}", str(person.id), limit=1, window=HOUR, now=now
        ):
            continue
        one.file_until = now + timedelta(days=DAYS)
        request = MessageRequest(
            contact_id=person.id,
            dedup_key=f"file:{one.id}",
            template_key=MAIL,
            values={
                "file_name": session.get_one(File, form.file_id).original_name,
                "days": DAYS,
                "links": {"file": links.unsigned(PURPOSE, path="/d")},
            },
            lane=Lane.URGENT,
            subject_type="submission",
            subject_id=one.id,
        )
        messages.queue(session, SYSTEM, request, now=now)
    session.flush()


def find(session: Session, token: str, *, now: datetime) -> Download:
    """Return the file behind a link; raises NotFound `download.over` where there is none now."""
    row_id = signing.row_id(PURPOSE, token, now=now)
    sent = session.get(Submission, row_id) if row_id else None
    form = session.get(Form, sent.form_id) if sent else None
    is_over = sent is None or sent.file_until is None or now >= sent.file_until
    if sent is None or form is None or form.file_id is None or is_over:
        raise NotFound("download.over")
    return Download(sent, session.get_one(File, form.file_id))


def content(session: Session, found: Download) -> bytes:
    """Return the bytes of the file."""
    return files.content_of(session, found.file.id)


def note(session: Session, found: Download, *, now: datetime) -> None:
    """Record that the file was taken: once for each time it was sent."""
    fact = Fact(
        name="file.downloaded",
        source="form",
        dedup_key=f"download:{found.submission.id}",
        occurred_at=now,
        subject_type="form",
        subject_id=found.submission.form_id,
        contact_id=found.submission.contact_id,
        properties={"file": found.file.original_name},
    )
    events.record(session, fact)
