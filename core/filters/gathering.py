"""The facts about people that the in-memory reading looks at, as the store has them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core.filters.dialects import dialect_of
from core.filters.fields import Aggregate, Catalogue, Column, Entry, Expression, Related, Via
from core.filters.rules import needed, number_of
from core.filters.terms import Facts, Happening, Kind, Known, Node


@dataclass(frozen=True)
class Wanted:
    """What is to be known: fields, events by name, and whether memberships are."""

    keys: frozenset[str]
    names: frozenset[str] = frozenset()
    asks_membership: bool = False


def wanted(tree: Node) -> Wanted:
    """Return what a tree asks."""
    keys, names, segments = needed(tree)
    return Wanted(keys, names, bool(segments))


def gather(
    session: Session, catalogue: Catalogue, asked: Wanted, *, contact_ids: Collection[int]
) -> dict[int, Facts]:
    """Return what is asked about each of these people; those who are not there are absent."""
    values = _rows(session, catalogue, keys=sorted(asked.keys), contact_ids=contact_ids)
    for key in asked.keys:
        field = catalogue.fields[key]
        if isinstance(field.source, Related):
            sets = _sets(session, field.source, values)
            is_flag = field.info.kind is Kind.FLAG
            for one, known in values.items():
                known[key] = bool(sets[one]) if is_flag else frozenset(sets[one])
    ids = list(values)
    events = _events(session, catalogue, contact_ids=ids, names=asked.names) if asked.names else {}
    open_ = _memberships(session, catalogue, ids) if asked.asks_membership else {}
    return {
        one: Facts(known, events.get(one, ()), frozenset(open_.get(one, ())))
        for one, known in values.items()
    }


def _rows(
    session: Session, catalogue: Catalogue, *, keys: Iterable[str], contact_ids: Collection[int]
) -> dict[int, dict[str, Known]]:
    chosen: dict[str, Expression] = {}
    for key in keys:
        found = _expression(catalogue, key)
        if found is not None:
            chosen[key] = found
    statement = select(catalogue.root, *chosen.values()).where(
        dialect_of(session).among(catalogue.root, contact_ids)
    )
    return {
        row[0]: {
            key: _known(catalogue, key, value) for key, value in zip(chosen, row[1:], strict=True)
        }
        for row in session.execute(statement)
    }


def _expression(catalogue: Catalogue, key: str) -> Expression | None:
    source, root = catalogue.fields[key].source, catalogue.root
    match source:
        case Column(via=Via() as via):
            return select(source.value).where(via.there == via.here).scalar_subquery()
        case Entry():
            return source.document
        case Aggregate():
            drawn = select(source.value).select_from(source.rows)
            found = drawn.where(source.owner == root, *source.where).scalar_subquery()
            return found if source.default is None else func.coalesce(found, source.default)
        case Related():
            return None
        case _:
            return source.value


def _known(catalogue: Catalogue, key: str, value: Any) -> Known:
    field = catalogue.fields[key]
    if isinstance(field.source, Entry):
        return entry(value or {}, field.source.key, field.info.kind)
    if isinstance(value, Enum):
        return str(value.value)
    if field.info.kind is Kind.CHOICE and value is not None:
        return str(value)
    known: Known = value
    return known


def entry(document: Mapping[str, object], key: str, kind: Kind) -> Known:
    """Return a value of a document as its kind says; None where it is of another one."""
    value = document.get(key)
    match kind:
        case Kind.NUMBER:
            return number_of(value)
        case Kind.FLAG:
            return value is True
        case Kind.CHOICES:
            items = value if isinstance(value, list) else []
            return frozenset(one for one in items if isinstance(one, str))
        case Kind.DATE | Kind.AGE:
            return _day(value)
        case _:
            return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _sets(
    session: Session, source: Related, contact_ids: Iterable[int]
) -> defaultdict[int, set[str]]:
    mine = dialect_of(session).among(source.owner, contact_ids)
    rows = session.execute(
        select(source.owner, source.value).select_from(source.rows).where(mine, *source.where)
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for owner, value in rows:
        found[owner].add(str(value.value if isinstance(value, Enum) else value))
    return found


def _events(
    session: Session, catalogue: Catalogue, *, contact_ids: list[int], names: Collection[str]
) -> dict[int, list[Happening]]:
    events = catalogue.events
    statement = select(events.owner, events.id, events.name, events.at, events.properties).where(
        dialect_of(session).among(events.owner, contact_ids), events.name.in_(sorted(names))
    )
    found: defaultdict[int, list[Happening]] = defaultdict(list)
    for owner, id_, name, at, properties in session.execute(statement):
        moment: datetime = at
        found[owner].append(Happening(id_, name, moment, properties))
    return found


def _memberships(
    session: Session, catalogue: Catalogue, contact_ids: list[int]
) -> dict[int, set[int]]:
    members = catalogue.members
    statement = select(members.owner, members.segment_id).where(
        dialect_of(session).among(members.owner, contact_ids), members.is_open
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for owner, segment_id in session.execute(statement):
        found[owner].add(segment_id)
    return found
