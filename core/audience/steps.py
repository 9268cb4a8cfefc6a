"""Where people of a file come to stand with topics, and the proof of it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlmodel import Session

from core.audience import bulk, queries
from core.audience.merging import Person
from core.audience.terms import Basis
from core.consent import rules, sealing
from core.consent.models import ConsentEvent, Subscription, Topic
from core.consent.noting import note_many
from core.consent.terms import ConsentState, ConsentStep, TopicClass, TopicRule

if TYPE_CHECKING:
    from core.audience.intake import Intake

S = ConsentState


def yes(basis: Basis, klass: TopicClass) -> ConsentState:
    """Return where a yes stands that rests on this ground.

    Only consent confirms what is promotional; a contract or an interest of ours confirms the rest,
    and where the ground is not known nothing is confirmed.
    """
    if basis is Basis.CONSENT:
        return S.CONFIRMED
    is_plain = klass is not TopicClass.PROMOTIONAL
    return S.CONFIRMED if is_plain and basis is not Basis.UNKNOWN else S.UNCONFIRMED


def wanted(
    topics: Sequence[Topic], chosen: Collection[int], basis: Basis
) -> dict[int, ConsentState]:
    """Return where everybody of a file comes to stand.

    Without a known ground that is unconfirmed, also with the promotional topics that go to
    everybody who has not left them: nothing promotional may reach such a person.
    """
    found = {one.id: yes(basis, one.klass) for one in topics if one.id in chosen}
    if basis is Basis.UNKNOWN:
        for one in topics:
            if one.klass is TopicClass.PROMOTIONAL and one.rule is TopicRule.OPT_OUT:
                found.setdefault(one.id, S.UNCONFIRMED)
    return found


def moves(current: ConsentState | None, asked: ConsentState) -> bool:
    """Return whether a file may move somebody from where they stand to there.

    Who has left stays out, and who has confirmed stays so until they leave.
    """
    if current is S.UNSUBSCRIBED or current is asked:
        return False
    return asked is S.UNSUBSCRIBED or current is not S.CONFIRMED


def asked(intake: "Intake", answers: Mapping[str, bool]) -> Mapping[int, ConsentState]:
    """Return where the answers of a person and the choices for all want them to stand."""
    if not answers:
        return intake.wanted
    found = dict(intake.wanted)
    for key, is_yes in answers.items():
        topic = intake.topic_ids[key]
        found[topic] = intake.answers[topic] if is_yes else S.UNSUBSCRIBED
    return found


def note_new(
    session: Session, intake: "Intake", ids: Sequence[int], *, topics: Mapping[str, Sequence[Any]]
) -> None:
    """Note the first steps of people who were just made; exactly as `note_many` would.

    topics: what each of them answered, by the key of the topic; None where nothing.
    """
    shared: dict[str, object] = {
        "basis": _basis(intake), "source": f"import:{intake.job_id}", "ip": None,
        "at": intake.now, "actor": intake.actor,
    }  # fmt: skip
    rows = _sealed(intake, ids, topics=topics, shared=shared)
    constants = {name: shared[name] for name in ("basis", "source", "at", "actor")}
    names = ("contact_id", "topic_id", "state", "text_version", "seal")
    bulk.insert(session, ConsentEvent, names=names, rows=rows,
                constants={**constants, "change_set_id": intake.change_set_id})  # fmt: skip
    bulk.insert(session, Subscription, names=names[:3], rows=(row[:3] for row in rows),
                constants={"since": intake.now})  # fmt: skip


def _sealed(
    intake: "Intake",
    ids: Sequence[int],
    *,
    topics: Mapping[str, Sequence[Any]],
    shared: Mapping[str, object],
) -> list[tuple[object, ...]]:
    """Return the rows of the ledger: person, topic, state, version of the words, seal."""
    found: list[tuple[object, ...]] = []
    known: dict[tuple[bool | None, ...], list[_Step]] = {}
    for who, answers in zip(ids, _answers(topics, len(ids)), strict=True):
        if answers not in known:
            known[answers] = _steps(intake, dict(zip(topics, answers, strict=True)), shared)
        last = ""
        for step in known[answers]:
            last = step.seal(who, last)
            found.append((who, step.topic_id, step.state, step.version, last))
    return found


def _answers(topics: Mapping[str, Sequence[Any]], count: int) -> Iterable[tuple[bool | None, ...]]:
    return zip(*topics.values(), strict=True) if topics else repeat((), count)


class _Step(NamedTuple):
    """A step that many people take alike."""

    topic_id: int
    state: str
    version: str
    seal: Callable[[int, str], str]


def _steps(
    intake: "Intake", answers: Mapping[str, bool | None], shared: Mapping[str, object]
) -> list[_Step]:
    """Return the steps of whoever answered so, in their order."""
    given = {name: answer for name, answer in answers.items() if answer is not None}
    key, found = sealing.keys()[0], list[_Step]()
    for topic, state in asked(intake, given).items():
        version = str(intake.text_versions[topic])
        told = {"topic_id": topic, "state": state.value, "text_version": version}
        found.append(_Step(topic, state.value, version, rules.sealer(key, {**shared, **told})))
    return found


def steps_of(
    session: Session, intake: "Intake", people: Collection[Person]
) -> list[tuple[ConsentStep, ConsentState | None]]:
    """Return the steps of people who are known, each with where the person stood before."""
    wishes = {person.id: asked(intake, person.topics) for person in people}
    topics = {topic for one in wishes.values() for topic in one}
    current = queries.standing(session, wishes, topics)
    return [
        (_step(intake, who=who, topic=topic, state=state), current.get((who, topic)))
        for who, mine in wishes.items()
        for topic, state in mine.items()
        if moves(current.get((who, topic)), state)
    ]


def note_known(session: Session, steps: Sequence[ConsentStep], *, now: datetime) -> None:
    """Append the steps of people who are known."""
    if steps:
        note_many(session, steps, now=now)


def _step(intake: "Intake", *, who: int, topic: int, state: ConsentState) -> ConsentStep:
    return ConsentStep(
        contact_id=who, topic_id=topic, state=state, source=f"import:{intake.job_id}",
        at=intake.now, basis=_basis(intake), text_version=intake.text_versions[topic],
        actor=intake.actor, change_set_id=intake.change_set_id or None,
    )  # fmt: skip


def _basis(intake: "Intake") -> str:
    words = f"{intake.choices.basis.value}: {intake.choices.basis_text}"
    return (words if intake.choices.basis_text else intake.choices.basis.value)[:80]
