"""Writes what rows of a file change of people who are known, and what they were before."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.audience import bulk, identities, naming, queries
from core.audience.cells import document
from core.audience.merging import Person, differences
from core.audience.steps import note_known, steps_of
from core.contacts.models import ChangeRow, Company, ContactTag
from core.contacts.rules import search_text
from core.contacts.terms import ContactKind, Gender, IdentityKind
from core.i18n.terms import Language
from core.i18n.text import search_key

if TYPE_CHECKING:
    from core.audience.intake import Intake

_READ: Mapping[str, Callable[[str], object]] = {
    "kind": ContactKind,
    "language": Language,
    "gender": Gender,
    "birth_date": date.fromisoformat,
}
IDENTITIES, TOPIC, TAG, ATTRIBUTE = "identities", "topic.", "tag.", "attributes."
"""How the row of a change names what was before, beside the columns of a person."""


def write_known(
    session: Session,
    intake: "Intake",
    *,
    before: Mapping[int, Mapping[str, Any]],
    became: Mapping[int, Person],
) -> set[int]:
    """Write what rows changed of people, keep what was there, and return whom they changed."""
    known = _Known(session, became)
    named = {person.values["company"] for person in became.values() if person.values.get("company")}
    companies = {} if intake.is_trial else naming.companies(session, named)
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
    marks = _mark(session, intake, became.values(), kept=known.tags(session))
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


def _mark(
    session: Session,
    intake: "Intake",
    people: Collection[Person],
    *,
    kept: Mapping[int, Collection[int]],
) -> dict[int, list[int]]:
    """Mark people with the tags of their rows and the one for all; return what is new on whom."""
    found = naming.marks(session, [one.tags for one in people], common=intake.choices.tag)
    wanted = {
        one.id: [tag for tag in found[tuple(one.tags)] if tag not in kept.get(one.id, ())]
        for one in people
    }
    rows = [(who, tag) for who, mine in wanted.items() for tag in mine]
    bulk.insert(session, ContactTag, names=("contact_id", "tag_id"), rows=rows)
    return {who: mine for who, mine in wanted.items() if mine}


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
    _write_identities(session, intake, changed.values(), has_primary=known.primary)
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


def _write_identities(
    session: Session,
    intake: "Intake",
    people: Collection[Person],
    *,
    has_primary: Collection[tuple[int, IdentityKind]],
) -> None:
    """Write what people are known by too; the first of each kind is the primary one."""
    email, phone = IdentityKind.EMAIL, IdentityKind.PHONE
    identities.write_emails(session, [
        (one, person.id, not number and (person.id, email) not in has_primary)
        for person in people for number, one in enumerate(person.emails)
    ])  # fmt: skip
    identities.write_phones(session, [
        (one, person.id, not number and (person.id, phone) not in has_primary)
        for person in people for number, one in enumerate(person.phones)
    ])  # fmt: skip
    numbers = [(one, person.id) for person in people for one in person.numbers]
    identities.write_numbers(session, intake.choices.numbering, numbers)


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
    rows = [(who, document(was)) for who, was in foreign.items()]
    shared = {"change_set_id": intake.change_set_id}
    bulk.insert(session, ChangeRow, names=("contact_id", "before"), rows=rows, constants=shared)
