"""Writes many people with all that belongs to them, and what the known ones were before."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.audience import bulk, queries
from core.audience.merging import Person, differences
from core.audience.steps import note_known, note_new, steps_of
from core.contacts.models import (
    Address,
    ChangeRow,
    Company,
    Contact,
    ContactIdentity,
    ContactTag,
    Tag,
)
from core.contacts.rules import search_text
from core.contacts.terms import ContactKind, Gender, IdentityKind
from core.db import insert_or_skip
from core.i18n.terms import Language
from core.i18n.text import search_key

if TYPE_CHECKING:
    from core.audience.intake import Intake

_COLUMNS = ("first_name", "last_name", "language", "time_zone", "country", "city", "birth_date",
            "gender", "position", "postal_address")  # fmt: skip
_NEVER_NULL = frozenset({"first_name", "last_name", "position", "postal_address"})
_READ: Mapping[str, Callable[[str], object]] = {
    "kind": ContactKind,
    "language": Language,
    "gender": Gender,
    "birth_date": date.fromisoformat,
}
IDENTITIES, TOPIC, TAG, ATTRIBUTE = "identities", "topic.", "tag.", "attributes."
"""How the row of a change names what was before, beside the columns of a person."""


def write_new(session: Session, intake: "Intake", made: Sequence[Person]) -> dict[int, Person]:
    """Write these people and return them by the ids they have now."""
    if not made:
        return {}
    choices, now = intake.choices, intake.now
    ids = bulk.new_ids(session, Contact, len(made))
    public = bulk.public_ids("con", now, len(made))
    companies = _companies(session, made)
    rows = []
    for person, contact_id, public_id in zip(made, ids, public, strict=True):
        values = person.values.get
        person.id = contact_id
        rows.append((
            contact_id, public_id, values("kind") or choices.kind.value,
            *(values(name) or ("" if name in _NEVER_NULL else None) for name in _COLUMNS),
            values("source") or choices.source, values("sub_source") or "",
            companies.get(values("company")), person.key or _key(person), _json(person.attributes),
        ))  # fmt: skip
    names = ("id", "public_id", "kind", *_COLUMNS, "source", "sub_source", "company_id",
             "search_key", "attributes")  # fmt: skip
    shared = {"change_set_id": intake.change_set_id, "first_touch_at": now}
    bulk.insert(session, Contact, names=names, rows=rows, constants=shared)
    write_identities(session, intake, made, has_primary=frozenset())
    _mark(session, intake, made, kept={})
    note_new(session, intake, made)
    return {person.id: person for person in made}


def write_identities(
    session: Session,
    intake: "Intake",
    added: Iterable[Person],
    *,
    has_primary: Collection[tuple[int, IdentityKind]],
) -> None:
    """Write what people are known by; the first of each kind is the primary one."""
    added = list(added)
    mailboxes = {box[0]: box for person in added for box in person.emails}
    addresses = _addresses(session, mailboxes)
    source = intake.choices.numbering
    rows: list[tuple[object, ...]] = []
    for person in added:
        who = person.id
        for number, box in enumerate(person.emails):
            first = not number and (who, IdentityKind.EMAIL) not in has_primary
            rows.append((who, "email", "", box[2][:254], box[0], addresses[box[0]], first))
        for number, phone in enumerate(person.phones):
            first = not number and (who, IdentityKind.PHONE) not in has_primary
            rows.append((who, "phone", "", phone[1][:254], phone[0], None, first))
        rows += [(who, "external", source, one, one, None, True) for one in person.numbers]
    names = ("contact_id", "kind", "source", "raw", "normalised", "address_id", "is_primary")
    bulk.insert(session, ContactIdentity, names=names, rows=rows)


def _addresses(session: Session, mailboxes: Mapping[str, tuple[str, str, str]]) -> dict[str, int]:
    known = queries.addresses(session, mailboxes.keys())
    new = sorted(mailboxes.keys() - known.keys())
    ids = bulk.new_ids(session, Address, len(new))
    rows = [(one, key, mailboxes[key][1]) for one, key in zip(ids, new, strict=True)]
    bulk.insert(session, Address, names=("id", "normalised", "deliverable"), rows=rows)
    return known | dict(zip(new, ids, strict=True))


def _companies(session: Session, people: Iterable[Person]) -> dict[str | None, int]:
    """Return the company of each name people give, made where it is new."""
    names = {person.values["company"] for person in people if person.values.get("company")}
    keys = {search_key(name): name for name in names}
    _make(session, Company, [{"name": n, "search_key": k[:300]} for k, n in keys.items() if k])
    found = queries.companies(session, [key[:300] for key in keys])
    return {name: found[search_key(name)[:300]] for name in names if search_key(name)}


def _make(
    session: Session, table: type[Tag] | type[Company], rows: Sequence[Mapping[str, object]]
) -> None:
    for part in range(0, len(rows), 500):
        session.execute(insert_or_skip(session, table, rows[part : part + 500]))


def _mark(
    session: Session,
    intake: "Intake",
    people: Sequence[Person],
    *,
    kept: Mapping[int, Collection[int]],
) -> dict[int, list[int]]:
    """Mark people with the tags of their rows and the one for all; return what is new on whom."""
    common = [intake.choices.tag] if intake.choices.tag else []
    names = {*chain.from_iterable(person.tags for person in people), *common}
    keys = {name: search_key(name)[:120] for name in names}
    wanted = {key: name for name, key in keys.items() if key}
    _make(session, Tag, [{"name": name, "search_key": key} for key, name in wanted.items()])
    ids = queries.tags(session, wanted.keys())
    marks: dict[int, list[int]] = {}
    for person in people:
        have = kept.get(person.id, ())
        new = dict.fromkeys(ids[keys[name]] for name in (*person.tags, *common) if keys[name])
        if mine := [one for one in new if one not in have]:
            marks[person.id] = mine
    rows = [(who, tag) for who, mine in marks.items() for tag in mine]
    bulk.insert(session, ContactTag, names=("contact_id", "tag_id"), rows=rows)
    return marks


def write_known(
    session: Session,
    intake: "Intake",
    *,
    before: Mapping[int, Mapping[str, Any]],
    became: Mapping[int, Person],
) -> set[int]:
    """Write what rows changed of people, keep what was there, and return whom they changed."""
    known = _Known(session, became)
    companies = {} if intake.is_trial else _companies(session, became.values())
    old: dict[int, dict[str, Any]] = {who: {} for who in became}
    for who, person in became.items():
        name = person.values.pop("company", None)
        if name and not intake.is_trial:
            company = companies.get(name)
            if intake.choices.rule == "overwrite" or not person.values.get("company_id"):
                person.values["company_id"] = company or person.values.get("company_id")
        row = before[who]
        columns = {n: row[n] for n in queries.KEPT if n != "attributes"}
        old[who] = differences(columns, person.values)
        fields = differences(row["attributes"], person.attributes)
        old[who] |= {f"{ATTRIBUTE}{key}": value for key, value in fields.items()}
        if added := known.keep_new(person):
            old[who][IDENTITIES] = added
    steps = steps_of(session, intake, became.values())
    for step, state in steps:
        old[step.contact_id][f"{TOPIC}{step.topic_id}"] = state and state.value
    if intake.is_trial:
        tagged = _would_tag(session, intake, became)
        return {who for who, was in old.items() if was} | tagged
    marks = _mark(session, intake, list(became.values()), kept=known.tags(session))
    for who, mine in marks.items():
        old[who] |= {f"{TAG}{one}": False for one in mine}
    changed = {who: was for who, was in old.items() if was}
    written = {who: became[who] for who in changed}
    _store(session, intake, before=before, changed=written, known=known)
    note_known(session, [step for step, _ in steps], now=intake.now)
    _keep(session, intake, before=before, changed=changed)
    return set(changed)


class _Known:
    """What people who are in the store are known by."""

    def __init__(self, session: Session, people: Mapping[int, Person]) -> None:
        self.all: dict[int, list[queries.Known]] = {}
        for one in queries.identities(session, people):
            self.all.setdefault(one.contact_id, []).append(one)
        self.primary = {
            (who, one.kind) for who, mine in self.all.items() for one in mine if one.is_primary
        }

    def keep_new(self, person: Person) -> list[list[str]]:
        """Leave with the person only what is new, and return it as a change remembers it."""
        have = {(one.kind, one.normalised) for one in self.all.get(person.id, ())}
        person.emails = [one for one in person.emails if (IdentityKind.EMAIL, one[0]) not in have]
        person.phones = [one for one in person.phones if (IdentityKind.PHONE, one[0]) not in have]
        person.numbers = [one for one in person.numbers if (IdentityKind.EXTERNAL, one) not in have]
        return [
            *(["email", one[0]] for one in person.emails),
            *(["phone", one[0]] for one in person.phones),
            *(["external", one] for one in person.numbers),
        ]

    def tags(self, session: Session) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for who, tag in queries.tagged(session, self.all):
            found.setdefault(who, set()).add(tag)
        return found

    def searched_by(self, person: Person) -> tuple[list[str], list[str]]:
        mine = sorted(self.all.get(person.id, ()), key=lambda one: (not one.is_primary, one.id))
        emails = [one.normalised for one in mine if one.kind is IdentityKind.EMAIL]
        phones = [one.normalised for one in mine if one.kind is IdentityKind.PHONE]
        return [*emails, *(one[0] for one in person.emails)], [
            *phones, *(one[0] for one in person.phones)]  # fmt: skip


def _would_tag(session: Session, intake: "Intake", became: Mapping[int, Person]) -> set[int]:
    common = [intake.choices.tag] if intake.choices.tag else []
    names = {*chain.from_iterable(person.tags for person in became.values()), *common}
    ids = queries.tags(session, {search_key(name)[:120] for name in names})
    have = queries.tagged(session, list(became))
    return {
        who for who, person in became.items()
        for name in (*person.tags, *common)
        if (who, ids.get(search_key(name)[:120])) not in have
    }  # fmt: skip


def _store(
    session: Session,
    intake: "Intake",
    *,
    before: Mapping[int, Mapping[str, Any]],
    changed: Mapping[int, Person],
    known: _Known,
) -> None:
    write_identities(session, intake, changed.values(), has_primary=known.primary)
    companies = _company_names(session, changed.values())
    rows: list[dict[str, Any]] = []
    for who, person in changed.items():
        emails, phones = known.searched_by(person)
        values = person.values
        key = search_text(values["first_name"], values["last_name"], emails=emails, phones=phones,
                          company=companies.get(values.get("company_id"), ""))  # fmt: skip
        rows.append({
            "id": who, **_typed(values), "attributes": person.attributes, "search_key": key,
            "version": _version(intake, before[who]), "updated_at": intake.now,
        })  # fmt: skip
    queries.update_people(session, rows)


def _version(intake: "Intake", row: Mapping[str, Any]) -> int:
    """Return the next version; whom this very import made is still as it left them."""
    is_mine = row["change_set_id"] == intake.change_set_id
    return int(row["version"]) + (not is_mine)


def _company_names(session: Session, people: Iterable[Person]) -> dict[int | None, str]:
    ids = {person.values.get("company_id") for person in people} - {None}
    statement = select(Company.id, Company.name).where(col(Company.id).in_(ids))
    return dict(session.exec(statement).all()) if ids else {}


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns with days as days and words as the kinds of words they are."""
    return {
        name: _READ[name](value) if value and type(value) is str and name in _READ else value
        for name, value in values.items()
    }


def _keep(
    session: Session,
    intake: "Intake",
    *,
    before: Mapping[int, Mapping[str, Any]],
    changed: Mapping[int, dict[str, Any]],
) -> None:
    """Keep what people were; of somebody a block before has changed, what they were before that."""
    foreign = {
        who: was for who, was in changed.items()
        if before[who]["change_set_id"] != intake.change_set_id
    }  # fmt: skip
    earlier = queries.change_rows(session, intake.change_set_id, foreign)
    for who, row in earlier.items():
        was = foreign.pop(who)
        known = [*(row.before.get(IDENTITIES) or ()), *(was.get(IDENTITIES) or ())]  # type: ignore[misc]
        row.before = {**was, **row.before, **({IDENTITIES: known} if known else {})}
        session.add(row)
    rows = [(who, _json(was)) for who, was in foreign.items()]
    shared = {"change_set_id": intake.change_set_id}
    bulk.insert(session, ChangeRow, names=("contact_id", "before"), rows=rows, constants=shared)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if value else "{}"


def _key(person: Person) -> str:
    values = person.values.get
    return search_text(
        values("first_name") or "", values("last_name") or "",
        emails=[one[0] for one in person.emails], phones=[one[0] for one in person.phones],
        company=values("company") or "",
    )  # fmt: skip
