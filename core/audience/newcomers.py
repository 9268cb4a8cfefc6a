"""Writes people nobody knew before, many at once and column by column."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, compress
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core import ids
from core.audience import bulk, identities, linking, naming, steps
from core.audience.cells import document
from core.audience.fields import TOPIC
from core.audience.merging import APART, Column, Mailbox, Person, columns_of
from core.audience.reading import PREFIX
from core.audience.terms import Block
from core.contacts.models import Contact, ContactTag
from core.contacts.rules import search_text

if TYPE_CHECKING:
    from core.audience.intake import Intake

_NEVER_NULL = ("first_name", "last_name", "position", "postal_address", "sub_source")


@dataclass(frozen=True, kw_only=True)
class Newcomers:
    """People as columns: what each field says of the first of them, of the second and so on.

    details: columns of a contact by name, and the name of the company. emails, phones: with the
    place of the person and whether it is their first; numbers: with the place. public_ids: at
    least as many as people.
    """

    details: Mapping[str, Column]
    attributes: Sequence[str]
    keys: Sequence[str]
    public_ids: Sequence[str]
    emails: Sequence[tuple[Mailbox, int, bool]]
    phones: Sequence[tuple[Sequence[str], int, bool]]
    numbers: Sequence[tuple[str, int]]
    tags: Sequence[Sequence[str] | None]
    topics: Mapping[str, Column]


def of_block(block: Block, left_out: Collection[int]) -> Newcomers:
    """Return a person for each row of the block but those at these places."""
    count = len(block.lines)
    is_in = [place not in left_out for place in range(count)]
    place_of: Sequence[int] = range(count)
    columns: Mapping[str, Column] = block.columns
    if left_out:
        place_of = [number - 1 for number in accumulate(is_in)]
        columns = {name: list(compress(one, is_in)) for name, one in columns.items()}
    return Newcomers(
        details={n: one for n, one in columns.items() if n not in APART and ":" not in n},
        attributes=list(compress(block.attributes, is_in)),
        keys=list(compress(block.keys, is_in)),
        public_ids=block.public_ids,
        emails=[(block.columns["email"][at], place_of[at], True)
                for at in block.by_email if is_in[at]],
        phones=[(block.columns["phone"][at], place_of[at], True)
                for at in block.by_phone if is_in[at]],
        numbers=[(one, at) for at, one in enumerate(columns.get("external_id", ())) if one],
        tags=columns.get("tags") or [None] * (count - len(left_out)),
        topics=columns_of(columns, TOPIC),
    )  # fmt: skip


def of_people(people: Sequence[Person], *, now: datetime) -> Newcomers:
    """Return people about whom several rows of a block may have told."""
    names = {name: None for person in people for name in person.values}
    topics = {key: None for person in people for key in person.topics}
    return Newcomers(
        details={name: [person.values.get(name) for person in people] for name in names},
        attributes=[document(person.attributes) for person in people],
        keys=[person.key or _key(person) for person in people],
        public_ids=ids.public_ids(PREFIX, now, len(people)),
        emails=[(one, at, not number) for at, person in enumerate(people)
                for number, one in enumerate(person.emails)],
        phones=[(one, at, not number) for at, person in enumerate(people)
                for number, one in enumerate(person.phones)],
        numbers=[(one, at) for at, person in enumerate(people) for one in person.numbers],
        tags=[person.tags for person in people],
        topics={key: [person.topics.get(key) for person in people] for key in topics},
    )  # fmt: skip


def _key(person: Person) -> str:
    values = person.values.get
    return search_text(
        values("first_name") or "", values("last_name") or "",
        emails=[one[0] for one in person.emails], phones=[one[0] for one in person.phones],
        company=values("company") or "",
    )  # fmt: skip


def write(session: Session, intake: "Intake", made: Newcomers) -> None:
    """Write these people with all that belongs to them; what waited for them is theirs."""
    if not made.keys:
        return
    who = bulk.new_ids(session, Contact, len(made.keys))
    _write_contacts(session, intake, made, ids=who)
    emails = [(box, who[at], is_first) for box, at, is_first in made.emails]
    phones = [(phone, who[at], is_first) for phone, at, is_first in made.phones]
    numbers = [(number, who[at]) for number, at in made.numbers]
    identities.write_emails(session, emails)
    identities.write_phones(session, phones)
    identities.write_numbers(session, intake.choices.numbering, numbers)
    _mark(session, intake, made, ids=who)
    steps.note_new(session, intake, who, topics=made.topics)
    if intake.links:
        linking.link(
            session, intake.choices.numbering, now=intake.now, numbers=dict(numbers),
            emails={box[0]: one for box, one, _ in emails},
            phones={phone[0]: one for phone, one, _ in phones},
        )  # fmt: skip


def _write_contacts(
    session: Session, intake: "Intake", made: Newcomers, *, ids: Sequence[int]
) -> None:
    choices, now = intake.choices, intake.now
    usual: dict[str, Any] = dict.fromkeys(_NEVER_NULL, "")
    usual |= {"kind": choices.kind.value, "source": choices.source}
    columns: dict[str, Sequence[Any]] = {
        "id": ids,
        "public_id": made.public_ids[: len(ids)],
        "search_key": made.keys,
        "attributes": made.attributes,
    }
    columns |= {name: [one or usual.get(name) for one in column]
                for name, column in made.details.items() if name != "company"}  # fmt: skip
    if named := made.details.get("company"):
        companies = naming.companies(session, {name for name in named if name})
        columns["company_id"] = [companies.get(name) for name in named]
    constants = {"kind": choices.kind, "source": choices.source, "first_touch_at": now,
                 "change_set_id": intake.change_set_id}  # fmt: skip
    rows = zip(*columns.values(), strict=True)
    bulk.insert(session, Contact, names=list(columns), rows=rows, constants={
        name: value for name, value in constants.items() if name not in columns
    })  # fmt: skip


def _mark(session: Session, intake: "Intake", made: Newcomers, *, ids: Sequence[int]) -> None:
    """Mark people with the tags of their rows and the one for all."""
    marks = naming.marks(session, made.tags, common=intake.choices.tag)
    rows = [
        (who, tag)
        for who, names in zip(ids, made.tags, strict=True)
        for tag in marks[tuple(names or ())]
    ]
    bulk.insert(session, ContactTag, names=("contact_id", "tag_id"), rows=rows)
