"""The job that takes events from a file: what happened, when and to whom; all else is told of it.

Taken again, a file adds nothing: an event is known by its key, else by all that its row says. An
event of somebody nobody knows yet waits for that person under the address or number it names.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core import clock
from core.audience import cells, queries
from core.audience.linking import waiting_key
from core.contacts.addresses import parse_address
from core.contacts.terms import IdentityKind
from core.errors import Invalid
from core.events import queries as event_queries
from core.events import rules
from core.events import service as events
from core.i18n.calendar import parse_date
from core.i18n.digits import to_ascii
from core.i18n.terms import Calendar
from core.i18n.text import stored_line
from core.jobs import feed, tables, uploads
from core.jobs.feed import OnProgress
from core.jobs.models import Job
from core.jobs.rules import chosen, layout_of, mapping_of, sample_in
from core.jobs.terms import PAGE_LIMITS, ImportField, Limits, Outcome, Record, Refusal, Run
from core.organisation import queries as organisation

__all__ = ["FIELDS", "REFUSED_COLUMNS", "checked_options", "run", "run_file", "settle"]

REFUSED_COLUMNS: Sequence[str] = ()
SOURCE_LIMIT, KEY_LIMIT, ANONYMOUS_LIMIT = 40, 120, 64
FIELDS = (
    ImportField("name", "event_import.field.name",
                ("event", "event name", "type", "رویداد", "نام رویداد", "الحدث", "اسم الحدث"),
                is_required=True),
    ImportField("time", "event_import.field.time",
                ("date", "at", "timestamp", "occurred at", "زمان", "تاریخ", "الوقت", "التاريخ"),
                is_required=True),
    ImportField("email", "contact.field.email", ("ایمیل", "البريد الإلكتروني", "e-mail", "mail")),
    ImportField("phone", "contact.field.phone", ("موبایل", "تلفن", "الجوال", "الهاتف", "mobile")),
    ImportField("external_id", "contact_import.field.external_id",
                ("customer id", "customer", "user id", "کد مشتری", "رقم العميل")),
    ImportField("anonymous_id", "event_import.field.anonymous_id",
                ("visitor", "visitor id", "cookie", "شناسه بازدیدکننده", "معرف الزائر")),
    ImportField("key", "event_import.field.key",
                ("event id", "id", "unique key", "شناسه رویداد", "شناسه", "معرف الحدث")),
)  # fmt: skip
_MOMENT_FIELD = "time"
_FIRST_GREGORIAN_YEAR = 1700


class Told(NamedTuple):
    """An event as its row tells it. who: kind and value by which the person is known."""

    name: str
    at: datetime
    who: tuple[str, str]
    key: str
    properties: Mapping[str, object]


def checked_options(session: Session, options: Mapping[str, object]) -> Mapping[str, object]:
    """Return the options as they are kept.

    source, under which keys are unique; numbering, the system of the customer numbers; calendar.

    Raises:
        Invalid: "import.text_too_long" or "contact_import.option_unknown", at the option.
    """
    house = organisation.organisation(session)
    kept: dict[str, object] = {"zone": house.time_zone}
    kept["country"] = organisation.default_office(session).country
    for name, usual in (("source", "file"), ("numbering", "orders")):
        kept[name] = stored_line(str(options.get(name) or usual))
        if len(str(kept[name])) > SOURCE_LIMIT:
            raise Invalid("import.text_too_long", field=name, limit=SOURCE_LIMIT)
    try:
        kept["calendar"] = Calendar(str(options.get("calendar") or house.calendar)).value
    except ValueError as error:
        raise Invalid("contact_import.option_unknown", field="calendar") from error
    return kept


def run(run: Run) -> None:
    """Take the uploaded file of the job."""
    run_file(run, uploads.path_of(feed.job_of(run).upload), PAGE_LIMITS)


def run_file(
    run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
) -> None:
    """Take the events of this file. on_progress is told rows done and rows in all."""
    job = feed.job_of(run)
    records = tables.records(path, layout_of(job.options), limits)
    feed.feed(run, _read(records, job), _take, on_progress=on_progress)


def settle(session: Session, job: Job) -> None:
    """Let the events of the job be reacted to."""
    events.release(session, batch=_batch(job))


def _batch(job: Job) -> str:
    return f"job:{job.id}"


def _read(records: Iterator[Record], job: Job) -> Iterator[Told | Refusal]:
    """Yield what each row tells, or why it cannot be taken."""
    mapping, heads = mapping_of(job.options), sample_in(job.options).headers
    labels = {field.name: field.label for field in FIELDS}
    taken = chosen(job.options)
    for record in records:
        try:
            yield _told(record, mapping, heads=heads, taken=taken)
        except Invalid as fault:
            field = "name" if fault.code.startswith("event.") else fault.field or ""
            field = _MOMENT_FIELD if field == "occurred_at" else field
            yield Refusal(record.line, record.cells, fault.code, label=labels.get(field, ""),
                          params=fault.params)  # fmt: skip


def _told(
    record: Record,
    mapping: Mapping[str, int],
    *,
    heads: Sequence[str],
    taken: Mapping[str, object],
) -> Told:
    found = {
        name: stored_line(record.cells[place]) if place < len(record.cells) else ""
        for name, place in mapping.items()
    }
    rest = {
        head: cell
        for place, (head, cell) in enumerate(zip(heads, record.cells, strict=False))
        if place not in mapping.values() and head and cell.strip()
    }
    at = rules.checked_moment(_moment(found["time"], taken), now=clock.now())
    key = found.get("key") or hashlib.sha256("\0".join(record.cells).encode()).hexdigest()
    return Told(rules.checked_name(found["name"]), at, _who(found, str(taken["country"])),
                key[:KEY_LIMIT], rules.checked_properties(rest))  # fmt: skip


def _moment(text: str, taken: Mapping[str, object]) -> datetime:
    """Return the moment: ISO, or a day of the calendar with a time or without one."""
    zone, plain = ZoneInfo(str(taken["zone"])), to_ascii(text)
    at = _iso(plain)
    if at is None:
        day, _, hour = plain.partition(" ")
        calendar = Calendar(str(taken["calendar"]))
        at = datetime.combine(_day(day, calendar), _hour(hour.strip()))
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise Invalid("event_import.bad_time", field="time") from error


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.year > _FIRST_GREGORIAN_YEAR else None


def _day(text: str, calendar: Calendar) -> date:
    try:
        return parse_date(text, calendar)
    except Invalid as fault:
        raise Invalid(fault.code, field="time", **fault.params) from fault


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text) if text else time()
    except ValueError as error:
        raise Invalid("event_import.bad_time", field="time") from error


def _who(found: Mapping[str, str], country: str) -> tuple[str, str]:
    """Return by what the person is known; a visitor's id where nothing else is told."""
    if number := found.get("external_id"):
        return IdentityKind.EXTERNAL.value, cells.external(number)
    if email := found.get("email"):
        return IdentityKind.EMAIL.value, parse_address(email).normalised
    if phone := found.get("phone"):
        return IdentityKind.PHONE.value, cells.phone(phone, country)[0]
    visitor = found.get("anonymous_id", "")
    if len(visitor) > ANONYMOUS_LIMIT:
        raise Invalid("import.text_too_long", field="anonymous_id", limit=ANONYMOUS_LIMIT)
    if not visitor:
        raise Invalid("contact_import.nobody")
    return IdentityKind.COOKIE.value, visitor


def _take(session: Session, job: Job, told: Sequence[Told]) -> Outcome:
    taken = chosen(job.options)
    numbering, now = str(taken["numbering"]), clock.now()
    people = _people(session, told, numbering)
    rows = [
        {
            "name": one.name,
            "contact_id": people.get(one.who),
            "anonymous_id": None if one.who in people else _waiting(one.who, numbering),
            "source": taken["source"],
            "dedup_key": one.key,
            "occurred_at": one.at,
            "received_at": now,
            "properties": dict(one.properties),
            "batch": _batch(job),
            "is_held": True,
        }
        for one in told
    ]
    new = event_queries.add_many(session, rows)
    waiting = sum(row["contact_id"] is None for row in rows)
    return Outcome({"events_new": new, "events_known": len(rows) - new, "events_waiting": waiting})


def _people(session: Session, told: Sequence[Told], numbering: str) -> dict[tuple[str, str], int]:
    """Return who is known, by kind and value."""
    found: dict[tuple[str, str], int] = {}
    for kind in IdentityKind:
        keys = {one.who[1] for one in told if one.who[0] == kind}
        source = numbering if kind is IdentityKind.EXTERNAL else ""
        owners = queries.owners(session, kind, source=source, keys=keys)
        found |= {(kind.value, key): who for key, who in owners.items()}
    return found


def _waiting(who: tuple[str, str], numbering: str) -> str:
    kind, value = who
    if kind == IdentityKind.COOKIE:
        return value
    return waiting_key(kind, numbering if kind == IdentityKind.EXTERNAL else "", value)
