"""Rows of templates and their versions."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from core.db import Row, choice, document, maybe_ref, ref
from core.templates.terms import MessageClass, TemplateState


class Template(Row, table=True):
    """A mail that can be used again. `key` names the ones that come with Chapar."""

    __tablename__ = "template"

    key: str | None = Field(default=None, max_length=60, unique=True)
    name: str = Field(max_length=120)
    purpose: str = Field(default="other", max_length=40, index=True)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    klass: MessageClass = choice(MessageClass)
    topic_id: int | None = maybe_ref("topic")
    state: TemplateState = choice(TemplateState, default=TemplateState.ACTIVE)
    version: int = 1


class TemplateVersion(Row, table=True):
    """An immutable text of a template. texts: language to {"subject": …, "body": …}."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    template_id: int = ref("template")
    number: int
    texts: dict[str, dict[str, str]] = document()
    created_by_id: int | None = maybe_ref("user")
