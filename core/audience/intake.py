"""Takes blocks of a people file into the store: whose each row is, then all writing at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.audience import linking, merging, newcomers, people, queries
from core.audience.merging import Owners, Person, Rows
from core.audience.newcomers import Newcomers
from core.audience.reading import refusal
from core.audience.terms import Block, Choices, DuplicateRule
from core.consent import erased
from core.consent.terms import ConsentState
from core.contacts.terms import IdentityKind
from core.errors import Invalid
from core.jobs.terms import Outcome, Record, Refusal
from core.segments import queries as segments


@dataclass
class Intake:
    """One import under way.

    change_set_id: 0 for a trial, which writes nothing. wanted: where everybody of the file is to
    stand with topics; answers: where a yes of the file's own column puts them. topic_ids: topics by
    key; text_versions: the words of each that hold now. links: whether orders or events wait for
    their people. made: in a trial, whom it would have made.
    """

    job_id: int
    change_set_id: int
    choices: Choices
    now: datetime
    wanted: Mapping[int, ConsentState]
    answers: Mapping[int, ConsentState]
    topic_ids: Mapping[str, int]
    text_versions: Mapping[int, int]
    actor: str = ""
    links: bool = False
    made: Owners = field(default_factory=lambda: Owners({}, {}, {}))
    changed: set[int] = field(default_factory=set)
    made_count: int = 0

    @property
    def is_trial(self) -> bool:
        """Whether this only says what would happen."""
        return not self.change_set_id

    def note_made(self, found: Newcomers) -> None:
        """Remember whom this would make; they are told apart by negative ids."""
        first = -(self.made_count + 1)
        self.made.emails |= {box[0]: first - at for box, at, _ in found.emails}
        self.made.phones |= {phone[0]: first - at for phone, at, _ in found.phones}
        self.made.numbers |= {number: first - at for number, at in found.numbers}
        self.made_count += len(found.keys)


@dataclass
class Sorted:
    """The rows of a block by whom they are about: the new, and the known with their rows."""

    new: dict[int, Person] = field(default_factory=dict)
    known: dict[int, list[int]] = field(default_factory=dict)
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)


def take(session: Session, intake: Intake, block: Block) -> Outcome:
    """Take one block and return what became of its rows."""
    rows = Rows(block)
    owners = _owners(session, intake, rows)
    doubtful = _doubtful(block, rows, owners)
    plain = newcomers.of_block(block, doubtful)
    if intake.is_trial:
        intake.note_made(plain)
    found = _sorted(intake, owners, block=block, rows=rows, places=doubtful)
    counts = {"people_new": len(plain.keys) + len(found.new), "people_repeated": found.repeated}
    if intake.is_trial:
        intake.made_count += len(found.new)
    else:
        newcomers.write(session, intake, plain)
        newcomers.write(
            session, intake, newcomers.of_people(list(found.new.values()), now=intake.now)
        )
        segments.mark_due(session)
    known = _take_known(session, intake, known=found.known, rows=rows)
    for name, count in known.items():
        counts[name] = counts.get(name, 0) + count
    return Outcome(counts, [*block.refused, *found.refused])


def _doubtful(block: Block, rows: Rows, owners: Owners) -> frozenset[int]:
    """Return the places of rows that may be about somebody known, or about one person together.

    All others are about people nobody knows, each about another one.
    """
    found = set(block.repeated)
    if owners.emails or owners.erased:
        taken = {*owners.emails, *owners.erased}
        found |= {at for at, one in enumerate(rows.emails) if one and one[0] in taken}
    if owners.phones:
        found |= {at for at, one in enumerate(rows.phones) if one and one[0] in owners.phones}
    if owners.numbers:
        found |= {at for at, one in enumerate(rows.numbers) if one in owners.numbers}
    return frozenset(found)


def _sorted(
    intake: Intake, owners: Owners, *, block: Block, rows: Rows, places: Collection[int]
) -> Sorted:
    """Sort the rows at these places, as they stand in the file, by whom they are about."""
    found, rule = Sorted(), intake.choices.rule
    for place in sorted(places, key=block.lines.__getitem__):
        email, phone, number = rows.emails[place], rows.phones[place], rows.numbers[place]
        try:
            who = owners.owner(email, phone, number)
        except Invalid as fault:
            record = Record(block.lines[place], block.cells[place])
            name = "phone" if fault.code.endswith("phone_of_other") else "email"
            found.refused.append(refusal(record, fault, name))
            continue
        if who is None:
            who = -(intake.made_count + len(found.new) + 1)
            found.new[who] = merging.begin(who, rows, place=place)
        elif who < 0:
            found.repeated += 1
            if who in found.new and rule is not DuplicateRule.SKIP:
                merging.merge(found.new[who], rows, place=place, rule=rule)
        else:
            found.known.setdefault(who, []).append(place)
            if rule is DuplicateRule.SKIP:
                continue
        owners.note(who, email=email, phone=phone, number=number)
        if intake.is_trial:
            intake.made.note(who, email=email, phone=phone, number=number)
    return found


def _owners(session: Session, intake: Intake, rows: Rows) -> Owners:
    emails = [one[0] for one in rows.emails if one]
    phones = [one[0] for one in rows.phones if one]
    numbers = [one for one in rows.numbers if one]
    kind, numbering = IdentityKind, intake.choices.numbering
    found = Owners(
        queries.owners(session, kind.EMAIL, keys=emails),
        queries.owners(session, kind.PHONE, keys=phones),
        queries.owners(session, kind.EXTERNAL, source=numbering, keys=numbers),
        erased.erased_among(session, emails),
    )
    if intake.is_trial:
        made = intake.made
        for wanted, mine, theirs in ((emails, found.emails, made.emails),
                                     (phones, found.phones, made.phones),
                                     (numbers, found.numbers, made.numbers)):  # fmt: skip
            mine |= {key: theirs[key] for key in wanted if key in theirs and key not in mine}
    return found


def _take_known(
    session: Session, intake: Intake, *, known: Mapping[int, Sequence[int]], rows: Rows
) -> dict[str, int]:
    """Let rows about people who are known change them; return how many rows did what."""
    row_count = sum(map(len, known.values()))
    if not known:
        return {}
    before = queries.people(session, known)
    earlier = set(intake.changed) if intake.is_trial else _touched(session, intake, before)
    again = sum(len(places) for who, places in known.items() if who in earlier)
    again += sum(len(places) - 1 for who, places in known.items() if who not in earlier)
    if intake.choices.rule is DuplicateRule.SKIP:
        made_here = {who for who in known if _is_mine(intake, before[who])}
        repeated = sum(len(known[who]) for who in made_here)
        return {"people_unchanged": row_count - repeated, "people_repeated": repeated}
    became = {
        who: _merged(before[who], rows, places=places, intake=intake)
        for who, places in known.items()
    }
    changed = people.write_known(session, intake, before=before, became=became)
    if intake.is_trial:
        intake.changed |= changed
    elif intake.links:
        _link(session, intake, [became[who] for who in changed])
    fresh = changed - earlier
    return {
        "people_changed": len(fresh),
        "people_unchanged": len(known.keys() - changed - earlier),
        "people_repeated": again,
    }


def _link(session: Session, intake: Intake, people: Collection[Person]) -> None:
    linking.link(
        session, intake.choices.numbering, now=intake.now,
        emails={box[0]: person.id for person in people for box in person.emails},
        phones={phone[0]: person.id for person in people for phone in person.phones},
        numbers={number: person.id for person in people for number in person.numbers},
    )  # fmt: skip


def _touched(session: Session, intake: Intake, before: Mapping[int, Any]) -> set[int]:
    """Return whom of them this import has made or changed in an earlier block."""
    made = {who for who, row in before.items() if _is_mine(intake, row)}
    return made | set(queries.change_rows(session, intake.change_set_id, before.keys() - made))


def _is_mine(intake: Intake, row: Mapping[str, Any]) -> bool:
    return bool(intake.change_set_id) and row["change_set_id"] == intake.change_set_id


def _merged(
    before: Mapping[str, Any], rows: Rows, *, places: Collection[int], intake: Intake
) -> Person:
    values = {name: before[name] for name in queries.KEPT if name != "attributes"}
    person = Person(before["id"], values, dict(before["attributes"]))
    for place in places:
        merging.merge(person, rows, place=place, rule=intake.choices.rule)
    if str(before["kind"]) == "employee":  # nobody stops working here because of a list
        person.values["kind"] = before["kind"]
    return person
