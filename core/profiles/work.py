"""The part "work": tasks about a person, the open ones first."""

from sqlmodel import Session, col, select

from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.activities.models import Task
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone


def read(session: Session, _actor: Actor, look: Look) -> list[Line]:
    """Return the tasks, open ones first, each with whose it is."""
    statement = (
        select(Task, User)
        .outerjoin(User, col(User.id) == col(Task.owner_id))
        .where(Task.contact_id == look.contact.id, col(Task.cancelled_at).is_(None))
        .order_by(col(Task.done_at).is_not(None), col(Task.due_at).desc())
        .limit(look.limit)
    )
    return [_line(task, owner, look) for task, owner in session.exec(statement).all()]


def _line(task: Task, owner: User | None, look: Look) -> Line:
    is_late = task.done_at is None and task.due_at < look.now
    state = "done" if task.done_at else ("late" if is_late else "open")
    tones = {"done": Tone.GOOD, "late": Tone.WARNING, "open": Tone.NOTICE}
    return Line(
        text=task.title,
        note_code=f"profile.task.{state}" if owner else f"profile.task.{state}.nobody",
        note_values={"owner": owner.name if owner else ""},
        at=task.done_at or task.due_at,
        tone=tones[state],
        department_id=task.department_id,
    )


PART = Part(name="work", permission=Permission.CONTACT_VIEW, read=read)
