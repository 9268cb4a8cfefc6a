"""Statements over templates."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.templates.models import Template, TemplateVersion
from core.templates.terms import TemplateState


def by_key(session: Session, key: str) -> Template | None:
    """Return the template that ships under this key."""
    return session.exec(select(Template).where(Template.key == key)).first()


def keys(session: Session) -> set[str]:
    """Return the keys of all shipped templates that are in the store."""
    return {key for key in session.exec(select(Template.key)).all() if key is not None}


def named(session: Session, name: str) -> Template | None:
    """Return the template with this name."""
    return session.exec(select(Template).where(Template.name == name)).first()


def newest_version(session: Session, template_id: int) -> TemplateVersion | None:
    """Return the version with the highest number."""
    statement = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    return session.exec(statement.order_by(col(TemplateVersion.number).desc()).limit(1)).first()


def newest_by_key(session: Session, key: str) -> TemplateVersion | None:
    """Return the newest version of the template that ships under this key."""
    template = by_key(session, key)
    return None if template is None else newest_version(session, template.id)


def active(session: Session, *, purpose: str | None = None) -> Sequence[Template]:
    """Return the templates that may be used, by name."""
    statement = select(Template).where(Template.state == TemplateState.ACTIVE)
    if purpose is not None:
        statement = statement.where(Template.purpose == purpose)
    return session.exec(statement.order_by(col(Template.name))).all()


def newest_texts(session: Session) -> dict[int, dict[str, dict[str, str]]]:
    """Return the newest texts of every template, by template id."""
    newest = select(func.max(TemplateVersion.id)).group_by(col(TemplateVersion.template_id))
    rows = session.exec(select(TemplateVersion).where(col(TemplateVersion.id).in_(newest))).all()
    return {row.template_id: row.texts for row in rows}
