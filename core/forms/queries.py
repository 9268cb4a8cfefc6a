"""Statements over forms and submissions."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.consent import policy
from core.consent.models import Topic
from core.contacts.models import Contact
from core.forms.models import Form, Submission
from core.forms.terms import SubmissionState


def forms(session: Session) -> Sequence[Form]:
    """Return all forms, open ones first, newest first."""
    return session.exec(select(Form).order_by(col(Form.is_open).desc(), col(Form.id).desc())).all()


def open_form(session: Session, public_id: str) -> Form | None:
    """Return the form under this public id, where people may fill it in."""
    statement = select(Form).where(Form.public_id == public_id, col(Form.is_open).is_(True))
    return session.exec(statement).first()


def offered(session: Session, form: Form) -> list[Topic]:
    """Return the topics this form may sign people up to now, in its order."""
    statement = select(Topic).where(
        col(Topic.id).in_(form.topic_ids),
        col(Topic.is_public).is_(True),
        col(Topic.is_active).is_(True),
    )
    found = {topic.id: topic for topic in session.exec(statement)}
    return [found[one] for one in form.topic_ids if one in found]


def asks_twice(session: Session, topic: Topic) -> bool:
    """Return whether a yes to this topic has to be confirmed by mail."""
    return topic.is_double or policy.in_force(session).asks_twice


def submission_counts(session: Session) -> dict[int, int]:
    """Return how often each form was sent."""
    statement = select(Submission.form_id, func.count()).group_by(col(Submission.form_id))
    return dict(session.exec(statement).all())


def submissions(
    session: Session, form_id: int, *, limit: int, offset: int
) -> Sequence[tuple[Submission, Contact | None]]:
    """Return submissions of a form with who sent them, newest first."""
    statement = (
        select(Submission, Contact)
        .join(Contact, col(Contact.id) == col(Submission.contact_id), isouter=True)
        .where(Submission.form_id == form_id)
        .order_by(col(Submission.id).desc())
    )
    return session.exec(statement.limit(limit).offset(offset)).all()


def waiting(session: Session, contact_id: int) -> Sequence[Submission]:
    """Return what this person sent and has yet to confirm."""
    statement = select(Submission).where(
        Submission.contact_id == contact_id, Submission.state == SubmissionState.WAITING
    )
    return session.exec(statement.order_by(col(Submission.id))).all()
