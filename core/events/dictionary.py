"""The dictionary of events: what has been seen of each name, kept as the events pass by."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from core.access import rules as access
from core.access.service import verb
from core.access.terms import Actor, Level, Permission
from core.audit import service as audit
from core.db import insert_or_skip
from core.errors import Invalid, NotFound
from core.events import queries, rules
from core.events.models import Event, EventName
from core.events.terms import NameLine, PropertyKind, SeenProperty
from core.i18n.terms import Language
from core.i18n.text import search_key, stored_line

LABEL_MOST = 80
TREND_DAYS = 30


def note(session: Session, found: Sequence[Event]) -> None:
    """Count the events under their names, and keep what their properties held.

    For events that are claimed in this transaction, so that each is counted once.
    """
    by_name: dict[str, list[Event]] = {}
    for event in found:
        by_name.setdefault(event.name, []).append(event)
    if not by_name:
        return
    _begin(session, by_name)
    for row in queries.names(session, list(by_name)):
        mine = by_name[row.name]
        row.count += len(mine)
        row.first_seen_at = min(row.first_seen_at, *(one.occurred_at for one in mine))
        row.last_seen_at = max(row.last_seen_at, *(one.occurred_at for one in mine))
        row.properties = rules.seen(row.properties, (one.properties for one in mine))
        session.add(row)


def _begin(session: Session, by_name: dict[str, list[Event]]) -> None:
    rows = [
        {"name": name, "first_seen_at": mine[0].occurred_at, "last_seen_at": mine[0].occurred_at}
        for name, mine in sorted(by_name.items())
    ]
    session.execute(insert_or_skip(session, EventName, rows))


@verb(Permission.EVENT_VIEW, audit=None)
def list_names(session: Session, actor: Actor, *, text: str = "") -> list[NameLine]:
    """Return the names of events, the newest first; text: part of the name or of a label."""
    found = [_line(actor, row) for row in queries.all_names(session)]
    wanted = search_key(text)
    return [one for one in found if not wanted or wanted in _searched(one)]


@verb(Permission.EVENT_VIEW, audit=None)
def read_name(session: Session, actor: Actor, *, name: str) -> NameLine:
    """Return what has been seen of a name. Raises NotFound "event.name_missing"."""
    return _line(actor, _row(session, name))


@verb(Permission.EVENT_VIEW, audit=None)
def count_by_day(session: Session, _actor: Actor, *, name: str, now: datetime) -> dict[str, int]:
    """Return how many events of the name there were on each of the last 30 days (UTC)."""
    first = (now - timedelta(days=TREND_DAYS - 1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    counts = queries.counts_by_day(session, name, since=first)
    days = ((first + timedelta(days=one)).date().isoformat() for one in range(TREND_DAYS))
    return {day: counts.get(day, 0) for day in days}


@verb(Permission.CONTACT_CONFIGURE, audit="event.named")
def name_event(
    session: Session, actor: Actor, *, name: str, names: Mapping[str, str], now: datetime
) -> None:
    """Let people see these words, by language, in place of the name.

    Raises:
        NotFound: "event.name_missing".
        Invalid: "event.label_long", at the language.
    """
    row = _row(session, name)
    before, row.names = dict(row.names), _labels(names)
    session.add(row)
    session.flush()
    audit.record(session, actor, "event.named", now=now, subject=row, name=row.name,
                 before={"names": before}, after={"names": row.names})  # fmt: skip


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for language in Language:
        label = stored_line(given.get(language.value, ""))
        if len(label) > LABEL_MOST:
            raise Invalid("event.label_long", field=language.value, limit=LABEL_MOST)
        if label:
            found[language.value] = label
    return found


def _row(session: Session, name: str) -> EventName:
    found = queries.names(session, [name])
    if not found:
        raise NotFound("event.name_missing")
    return found[0]


def _line(actor: Actor, row: EventName) -> NameLine:
    """Whoever sees only their own people sees no sample of what others did."""
    is_wide = access.level(actor, Permission.EVENT_VIEW) > Level.OWN
    return NameLine(
        name=row.name,
        names=row.names,
        is_ours=rules.is_ours(row.name),
        count=row.count,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        properties=tuple(
            _seen(name, one, is_wide=is_wide) for name, one in sorted(row.properties.items())
        ),
    )


def _seen(name: str, held: object, *, is_wide: bool) -> SeenProperty:
    known = held if isinstance(held, dict) else {}
    sample = str(known.get("sample", "")) if is_wide else ""
    return SeenProperty(name, PropertyKind(str(known.get("kind", "text"))), sample)


def _searched(line: NameLine) -> str:
    return search_key(" ".join([line.name, *line.names.values()]))
