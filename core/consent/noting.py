"""Append steps to people's consent, sealed, and keep where everybody stands. Building blocks."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core.consent import queries, rules, sealing
from core.consent.terms import ConsentState, ConsentStep
from core.events import service as events
from core.events.service import Fact

CHUNK = 2_000


def note_consent(  # noqa: PLR0913 - a step is what it says
    session: Session,
    *,
    contact_id: int,
    topic_id: int,
    state: ConsentState,
    source: str,
    now: datetime,
    basis: str = "",
    text_version: int | None = None,
    ip: str | None = None,
    actor: str = "",
) -> None:
    """Append a step of this person's consent to a topic, and tell it as an event."""
    step = ConsentStep(
        contact_id=contact_id, topic_id=topic_id, state=state, source=source, at=now,
        basis=basis, text_version=text_version, ip=ip, actor=actor,
    )  # fmt: skip
    note_many(session, [step], now=now)
    fact = Fact(
        name=f"consent.{state.value}",
        source="consent",
        dedup_key=f"step:{queries.newest_id(session, contact_id)}",
        occurred_at=now,
        subject_type="topic",
        subject_id=topic_id,
        contact_id=contact_id,
        properties={"topic_id": topic_id, "source": source},
    )
    events.record(session, fact)


def note_many(session: Session, rows: Sequence[ConsentStep], *, now: datetime) -> None:
    """Append these steps in the order given; events do not tell of them.

    Where a person's steps come from several transactions at once, the second waits for the first:
    each seal covers the one before it.
    """
    session.flush()
    for start in range(0, len(rows), CHUNK):
        _note(session, rows[start : start + CHUNK], now=now)


def _note(session: Session, steps: Sequence[ConsentStep], *, now: datetime) -> None:
    people = {step.contact_id for step in steps}
    queries.lock_people(session, people)
    last = queries.last_seals(session, people)
    key = sealing.keys()[0]
    made = []
    for step in steps:
        row = _row(step, now=now)
        last[step.contact_id] = rules.seal(key, row, previous=last.get(step.contact_id, ""))
        row["seal"] = last[step.contact_id]
        made.append(row)
    queries.insert_steps(session, made)
    queries.keep_standing(session, steps, now=now)


def _row(step: ConsentStep, *, now: datetime) -> dict[str, object]:
    return {
        "contact_id": step.contact_id,
        "topic_id": step.topic_id,
        "state": step.state,
        "basis": step.basis[:80],
        "text_version": "" if step.text_version is None else str(step.text_version),
        "source": step.source[:80],
        "ip": step.ip[:45] if step.ip else None,
        "at": step.at,
        "actor": step.actor[:80],
        "change_set_id": step.change_set_id,
        "created_at": now,
        "updated_at": now,
    }
