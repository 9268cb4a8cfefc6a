"""Verbs of forms: make one, change one, close it, see what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import ids
from core.access.editing import Seen, editable
from core.access.rules import level
from core.access.service import require_on, verb
from core.access.terms import Actor, Level, Permission
from core.audit import service as audit
from core.consent import queries as consent
from core.contacts.models import Contact
from core.errors import Forbidden, Invalid, NotFound
from core.files import service as files
from core.files.models import File
from core.forms import queries, rules
from core.forms.models import Form, Submission
from core.forms.terms import FormInput, Upload

PAGE = 50


@dataclass(frozen=True)
class FormLine:
    """A form as a list shows it."""

    form: Form
    submission_count: int


@dataclass(frozen=True)
class SubmissionPage:
    """One page of what was sent, newest first, and how much there is."""

    lines: Sequence[tuple[Submission, Contact | None]]
    total: int


@verb(Permission.FORM_VIEW, audit=None)
def list_forms(session: Session, _actor: Actor) -> list[FormLine]:
    """Return all forms, open ones first."""
    counts = queries.submission_counts(session)
    return [FormLine(form, counts.get(form.id, 0)) for form in queries.forms(session)]


@verb(Permission.FORM_VIEW, audit=None)
def read_form(session: Session, _actor: Actor, *, form_id: int) -> tuple[Form, File | None]:
    """Return the form and the file it gives away, if any."""
    form = session.get(Form, form_id)
    if form is None:
        raise NotFound("form.missing")
    return form, session.get(File, form.file_id) if form.file_id else None


@verb(Permission.FORM_EDIT, audit="form.created")
def create_form(session: Session, actor: Actor, *, given: FormInput, now: datetime) -> Form:
    """Return a new form, open from now on."""
    values = _checked(session, actor, given)
    owner_id = actor.id if actor.kind == "user" else None
    start = {"public_id": ids.public_id("frm", now), "owner_id": owner_id}
    form = Form.model_validate({**start, **values})
    session.add(form)
    session.flush()
    _note(session, actor, form, act="form.created", now=now)
    return form


@verb(Permission.FORM_EDIT, audit="form.changed")
def change_form(
    session: Session,
    actor: Actor,
    *,
    form_id: int,
    seen_version: int,
    given: FormInput,
    now: datetime,
) -> Form:
    """Return the form as given; its address stays."""
    form = _editable(session, actor, Seen(form_id, seen_version))
    for name, value in _checked(session, actor, given).items():
        setattr(form, name, value)
    _note(session, actor, form, act="form.changed", now=now)
    return form


@verb(Permission.FORM_EDIT, audit="form.changed")
def set_file(
    session: Session,
    actor: Actor,
    *,
    form_id: int,
    seen_version: int,
    upload: Upload | None,
    now: datetime,
) -> Form:
    """Return the form, which gives this file away from now on; none where there is none."""
    form = _editable(session, actor, Seen(form_id, seen_version))
    kept = None
    if upload is not None:
        kept = files.keep(session, name=upload.name, mime=upload.mime, content=upload.content)
    form.file_id = kept.id if kept else None
    _note(session, actor, form, act="form.changed", now=now)
    return form


@verb(Permission.FORM_EDIT, audit="form.closed")
def close_form(
    session: Session, actor: Actor, *, form_id: int, seen_version: int, now: datetime
) -> Form:
    """Return the form, which nobody can fill in any more; what was sent stays."""
    return _switched(session, actor, Seen(form_id, seen_version), is_open=False, now=now)


@verb(Permission.FORM_EDIT, audit="form.opened")
def reopen_form(
    session: Session, actor: Actor, *, form_id: int, seen_version: int, now: datetime
) -> Form:
    """Return the form, open again under its address."""
    return _switched(session, actor, Seen(form_id, seen_version), is_open=True, now=now)


def _switched(session: Session, actor: Actor, seen: Seen, *, is_open: bool, now: datetime) -> Form:
    form = _editable(session, actor, seen)
    form.is_open = is_open
    _note(session, actor, form, act="form.opened" if is_open else "form.closed", now=now)
    return form


@verb(Permission.CONTACT_VIEW, audit=None)
def list_submissions(
    session: Session, actor: Actor, *, form_id: int, page: int = 1
) -> SubmissionPage:
    """Return one page of what was sent through a form; for those who may see all people."""
    if level(actor, Permission.CONTACT_VIEW) is Level.OWN:
        raise Forbidden("access.forbidden", permission=Permission.CONTACT_VIEW.value)
    total = queries.submission_counts(session).get(form_id, 0)
    found = queries.submissions(session, form_id, limit=PAGE, offset=(page - 1) * PAGE)
    return SubmissionPage(found, total)


def _checked(session: Session, actor: Actor, given: FormInput) -> dict[str, object]:
    """A form that is open to everybody signs people up to public topics alone."""
    require_on(actor, Permission.FORM_EDIT, department_id=given.department_id)
    values = rules.checked_form(given)
    known = consent.topics(session, given.topic_ids)
    if any(one not in known or not known[one].is_public for one in given.topic_ids):
        raise Invalid("form.topic_not_public", field="topic_ids")
    return values


def _editable(session: Session, actor: Actor, seen: Seen) -> Form:
    return editable(session, actor, seen, table=Form, permission=Permission.FORM_EDIT, area="form")


def _note(session: Session, actor: Actor, form: Form, *, act: str, now: datetime) -> None:
    session.flush()
    after = {"fields": form.fields, "topic_ids": form.topic_ids, "is_open": form.is_open}
    audit.record(session, actor, act, now=now, subject=form, name=form.name,
                 department_id=form.department_id, after=after)  # fmt: skip
