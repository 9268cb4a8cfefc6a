"""Where people of a file come to stand with topics, and the proof of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

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


def asked(intake: "Intake", person: Person) -> Mapping[int, ConsentState]:
    """Return where a person's rows and the choices for all want them to stand."""
    if not person.topics:
        return intake.wanted
    found = dict(intake.wanted)
    for key, is_yes in person.topics.items():
        topic = intake.topic_ids[key]
        found[topic] = intake.answers[topic] if is_yes else S.UNSUBSCRIBED
    return found


def note_new(session: Session, intake: "Intake", made: Sequence[Person]) -> None:
    """Note the first steps of people who were just made; exactly as `note_many` would."""
    key = sealing.keys()[0]
    told: dict[str, object] = {
        "basis": _basis(intake),
        "source": f"import:{intake.job_id}",
        "ip": None,
        "at": intake.now,
        "actor": intake.actor,
    }
    events: list[tuple[object, ...]] = []
    standing: list[tuple[object, ...]] = []
    for person in made:
        last = ""
        for topic, state in asked(intake, person).items():
            version = str(intake.text_versions[topic])
            told |= {"contact_id": person.id, "topic_id": topic, "state": state.value,
                     "text_version": version}  # fmt: skip
            last = rules.seal(key, told, previous=last)
            events.append((person.id, topic, state.value, version, last))
            standing.append((person.id, topic, state.value))
    same = {name: told[name] for name in ("basis", "source", "at", "actor")}
    shared = {**same, "change_set_id": intake.change_set_id}
    names = ("contact_id", "topic_id", "state", "text_version", "seal")
    bulk.insert(session, ConsentEvent, names=names, rows=events, constants=shared)
    since = {"since": intake.now}
    bulk.insert(session, Subscription, names=names[:3], rows=standing, constants=since)


def steps_of(
    session: Session, intake: "Intake", people: Collection[Person]
) -> list[tuple[ConsentStep, ConsentState | None]]:
    """Return the steps of people who are known, each with where the person stood before."""
    wishes = {person.id: asked(intake, person) for person in people}
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
