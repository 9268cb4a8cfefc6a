"""What rows of a file make of people: whose each row is, and what it changes. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.audience.fields import CUSTOM, TOPIC
from core.audience.terms import Block, DuplicateRule
from core.errors import Invalid

Mailbox = tuple[str, str, str]
Column = Sequence[Any]
APART = frozenset({"email", "phone", "external_id", "tags"})
"""Fields of a row that are no columns of a contact."""


@dataclass(slots=True)
class Owners:
    """Who is known by which address or number; a negative id is somebody not written yet.

    erased: addresses of people who were forgotten and are not taken in again.
    """

    emails: dict[str, int]
    phones: dict[str, int]
    numbers: dict[str, int]
    erased: Collection[str] = ()

    def owner(
        self, email: Mailbox | None, phone: Sequence[str] | None, number: str | None
    ) -> int | None:
        """Return whose the row is: known by the number elsewhere, else by email, else by phone.

        A phone may be a family's, so it tells who somebody is only where nothing else does.

        Raises:
            Invalid: "contact_import.email_erased", "contact_import.email_of_other" or
                "contact_import.phone_of_other".
        """
        if email and email[0] in self.erased:
            raise Invalid("contact_import.email_erased")
        by_number = self.numbers.get(number) if number else None
        by_email = self.emails.get(email[0]) if email else None
        by_phone = self.phones.get(phone[0]) if phone else None
        found = by_number or by_email or (None if email or number else by_phone)
        if by_email is not None and by_email != found:
            raise Invalid("contact_import.email_of_other")
        if by_phone is not None and by_phone != found:
            raise Invalid("contact_import.phone_of_other")
        return found

    def note(
        self, who: int, *, email: Mailbox | None, phone: Sequence[str] | None, number: str | None
    ) -> None:
        """Remember that this person is known by these."""
        if email:
            self.emails.setdefault(email[0], who)
        if phone:
            self.phones.setdefault(phone[0], who)
        if number:
            self.numbers.setdefault(number, who)


@dataclass(slots=True)
class Person:
    """Somebody rows of a block are about, with what the rows add.

    values: columns of the contact as they become; custom fields stand apart in attributes.
    key: what the person is searched by, where no more than one row says who it is.
    """

    id: int
    values: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    emails: list[Mailbox] = field(default_factory=list)
    phones: list[Sequence[str]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    topics: dict[str, bool] = field(default_factory=dict)
    key: str | None = None


class Rows:
    """The rows of a block, each as what its fields say."""

    def __init__(self, block: Block) -> None:
        nothing = [None] * len(block.lines)
        columns = block.columns
        self.keys = block.keys
        self.emails: Sequence[Mailbox | None] = columns.get("email", nothing)
        self.phones: Sequence[Sequence[str] | None] = columns.get("phone", nothing)
        self.numbers: Sequence[str | None] = columns.get("external_id", nothing)
        self.tags: Sequence[Sequence[str] | None] = columns.get("tags", nothing)
        self._details = {n: one for n, one in columns.items() if n not in APART and ":" not in n}
        self._attributes = columns_of(columns, CUSTOM)
        self._topics = columns_of(columns, TOPIC)

    def details(self, place: int) -> dict[str, Any]:
        """Return what the row says of the columns of a contact."""
        return _said(self._details, place)

    def attributes(self, place: int) -> dict[str, Any]:
        """Return what the row says of custom fields, by key."""
        return _said(self._attributes, place)

    def topics(self, place: int) -> dict[str, bool]:
        """Return what the row says of topics, by key."""
        return _said(self._topics, place)


def columns_of(columns: Mapping[str, Column], start: str) -> dict[str, Column]:
    """Return the columns whose names begin so, by the rest of their names."""
    return {name.removeprefix(start): one for name, one in columns.items()
            if name.startswith(start)}  # fmt: skip


def _said(columns: Mapping[str, Column], place: int) -> dict[str, Any]:
    told = {name: column[place] for name, column in columns.items()}
    return {name: value for name, value in told.items() if value is not None}


def begin(who: int, rows: Rows, *, place: int) -> Person:
    """Return somebody new, as one row tells."""
    email, phone, number = rows.emails[place], rows.phones[place], rows.numbers[place]
    return Person(
        who, rows.details(place), rows.attributes(place), [email] if email else [],
        [phone] if phone else [], [number] if number else [], list(rows.tags[place] or ()),
        rows.topics(place), rows.keys[place],
    )  # fmt: skip


def merge(person: Person, rows: Rows, *, place: int, rule: DuplicateRule) -> None:
    """Let a further row tell about somebody who is known; an empty cell never takes anything."""
    told, attributes = rows.details(place), rows.attributes(place)
    if rule is DuplicateRule.OVERWRITE:
        person.values |= told
        person.attributes |= attributes
    else:
        person.values |= {n: value for n, value in told.items() if not person.values.get(n)}
        person.attributes = {**attributes, **person.attributes}
    email, phone, number = rows.emails[place], rows.phones[place], rows.numbers[place]
    if email and email[0] not in {one[0] for one in person.emails}:
        person.emails.append(email)
    if phone and phone[0] not in {one[0] for one in person.phones}:
        person.phones.append(phone)
    if number and number not in person.numbers:
        person.numbers.append(number)
    person.tags += [one for one in rows.tags[place] or () if one not in person.tags]
    person.topics |= rows.topics(place)
    person.key = None


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was there before, of everything that is not the same now."""
    names: Iterable[str] = dict.fromkeys((*old, *new))
    return {name: old.get(name) for name in names if _plain(old.get(name)) != _plain(new.get(name))}


def _plain(value: Any) -> Any:
    return str(value) if value is not None else value
