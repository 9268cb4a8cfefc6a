"""Rows of forms and of what was sent through them."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from core.db import Row, choice, document, maybe_ref, ref
from core.forms.terms import SubmissionState
from core.i18n.terms import Language


class Form(Row, table=True):
    """A sign-up form. fields: [{"field": …, "label": {…}, "is_required": …}], in order.

    texts: code (title, intro, button, thanks) to text by language. topic_ids: what a yes means.
    """

    __tablename__ = "form"

    public_id: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    language: Language = choice(Language)
    texts: dict[str, dict[str, str]] = document()
    fields: list[dict[str, object]] = document(factory=list)
    topic_ids: list[int] = document(factory=list)
    source: str = Field(default="", max_length=80)
    redirect_url: str = Field(default="", max_length=500)
    file_id: int | None = maybe_ref("file")
    department_id: int | None = maybe_ref("department")
    owner_id: int | None = maybe_ref("user")
    is_open: bool = True
    version: int = 1


class Submission(Row, table=True):
    """One filled-in form. answers: only what no contact field took.

    file_until: how long the link to the form's file works. visitor: who it was to the site's
    script, until the person is sure.
    """

    __tablename__ = "submission"

    form_id: int = ref("form")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    state: SubmissionState = choice(SubmissionState)
    answers: dict[str, object] = document()
    ip: str | None = Field(default=None, max_length=45)
    sent_at: datetime = Field(index=True)
    file_until: datetime | None = None
    visitor: str | None = Field(default=None, max_length=64)


class PublicAttempt(Row, table=True):
    """That somebody outside tried something: what, and a keyed hash of who; kept for a day."""

    __tablename__ = "public_attempt"
    __table_args__ = (Index("ix_public_attempt_key", "key", "at"),)

    key: str = Field(max_length=64)
    at: datetime = Field(index=True)
