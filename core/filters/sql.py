"""The tree as SQL. Every leaf answers yes or no, never null, so that `none` means what it says.

Whatever people typed travels as a bound parameter.
"""

from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import (
    Integer,
    String,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from core.filters.dialects import SQLITE, Dialect, fold
from core.filters.fields import (
    Aggregate,
    Catalogue,
    Column,
    Entry,
    Expression,
    FilterField,
    Related,
    Via,
)
from core.filters.questions import amount_test, asked, property_asked
from core.filters.terms import (
    Between,
    Condition,
    EventCondition,
    Frame,
    Group,
    HasAll,
    HasAny,
    HoldsText,
    IsEmpty,
    Kind,
    Leaf,
    Match,
    Measure,
    MemberOf,
    Node,
    OneOf,
    PropertyCondition,
    Test,
)

_KEY_DIGITS = 18
_PLUS: Any = custom_op("+")


class Shape(StrEnum):
    """For whom a tree is read: everybody at once, or a few people who are named beside it.

    Over everybody, indexes over states and towns are left alone and sets are built once.
    """

    WHOLE = "whole"
    FEW = "few"


class Reading:
    """One reading of trees over a catalogue, in the words of one store."""

    def __init__(
        self,
        catalogue: Catalogue,
        frame: Frame,
        *,
        dialect: Dialect,
        shape: Shape = Shape.WHOLE,
    ) -> None:
        self.catalogue = catalogue
        self.frame = frame
        self.dialect = dialect
        self.shape = shape

    def clause(self, node: Node) -> Expression:
        """Return whether the tree holds for the person of the row. It was checked before."""
        if not isinstance(node, Group):
            return self._leaf(node)
        children = [self.clause(child) for child in node.children]
        match node.match:
            case Match.ALL:
                return and_(true(), *children)
            case Match.ANY:
                return or_(false(), *children)
            case Match.NONE:
                return not_(or_(false(), *children))
            case _:
                assert_never(node.match)

    def _leaf(self, leaf: Leaf) -> Expression:
        match leaf:
            case Condition():
                return self._condition(leaf)
            case EventCondition():
                return self._event(leaf)
            case MemberOf():
                members = self.catalogue.members
                mine = (members.segment_id == leaf.segment_id, members.is_open)
                return self._belongs(members.owner, members.rows, mine)
            case _:
                assert_never(leaf)

    def _condition(self, line: Condition) -> Expression:
        field = self.catalogue.fields[line.field]
        question = asked(line, field.info, self.frame)
        met = self._met(field, question.test)
        return not_(met) if question.is_denied else met

    def _met(self, field: FilterField, test: Test) -> Expression:
        source, kind = field.source, field.info.kind
        match source:
            case Related():
                return self._related(source, test)
            case Aggregate():
                return self._aggregate(source, test, kind)
            case Entry():
                return self._entry(source, test, kind)
            case Column(via=None):
                return self._own(source.value, test, kind)
            case Column(via=Via() as via):
                if isinstance(test, IsEmpty):
                    filled = not_(self.plain(source.value, test, kind))
                    return not_(and_(via.here.is_not(None), via.here.in_(_keys(via.there, filled))))
                met = self.plain(source.value, test, kind)
                return and_(via.here.is_not(None), via.here.in_(_keys(via.there, met)))

    def _own(self, value: Expression, test: Test, kind: Kind) -> Expression:
        """Return whether a value of the person's own row passes.

        PostgreSQL folds slowly (10 us a text): over everybody each town is folded once, not once
        for each who lives there.
        """
        is_repeated = kind is Kind.TEXT and isinstance(value, InstrumentedAttribute)
        is_whole = self.shape is Shape.WHOLE and self.dialect is not SQLITE
        if not (is_repeated and is_whole) or isinstance(test, IsEmpty):
            return self.plain(value, test, kind)
        other = value.class_.__table__.alias()
        texts = select(other.c[value.key].label("text")).distinct().offset(0).subquery()
        met = self.plain(texts.c.text, test, kind)
        return and_(value.is_not(None), value.in_(select(texts.c.text).where(met)))

    def plain(self, value: Expression, test: Test, kind: Kind) -> Expression:
        """Return whether one value passes the test; null passes only that for being empty."""
        value = fold(value) if kind is Kind.TEXT else self._unindexed(value)
        if isinstance(test, IsEmpty):
            is_text = isinstance(value.type, String)
            return or_(value.is_(None), value == "") if is_text else value.is_(None)
        return and_(value.is_not(None), self._passed(value, test, kind))

    def _unindexed(self, value: Expression) -> Expression:
        """Return a column so that its index is left alone where everybody is read.

        States have few values: an index over them leads SQLite through the whole table at random
        (1 M people of two kinds: 9.0 s with it, 2.0 s without).
        """
        is_column = isinstance(value, InstrumentedAttribute)
        if self.shape is Shape.FEW or self.dialect is not SQLITE or not is_column:
            return value
        return type_coerce(UnaryExpression(value, operator=_PLUS), value.type)

    def _passed(self, value: Expression, test: Test, kind: Kind) -> Expression:
        match test:
            case OneOf():
                return self._one_of(value, test, kind)
            case HoldsText():
                place = self.dialect.position(value, test.part)
                if test.at_start:
                    return func.substr(value, 1, len(test.part)) == test.part
                return place > 0
            case Between():
                return _between(value, test)
            case HasAny() | HasAll() | IsEmpty():
                return false()
            case _:
                assert_never(test)

    def _one_of(self, value: Expression, test: OneOf, kind: Kind) -> Expression:
        if kind in {Kind.DATE, Kind.AGE}:
            days = [one for one in test.values if isinstance(one, date)]
            return self.dialect.among_days(value, days)
        if kind is Kind.CHOICE and isinstance(value.type, Integer):
            numbers = [int(str(one)) for one in test.values if _is_key(str(one))]
            return value.in_(numbers) if numbers else false()
        if kind is Kind.FLAG:
            return value.is_(True)
        return value.in_(sorted(str(one) for one in test.values))

    def _entry(self, source: Entry, test: Test, kind: Kind) -> Expression:
        words, document, key = self.dialect, source.document, source.key
        match kind:
            case Kind.TEXT | Kind.CHOICE:
                return self.plain(words.text_at(document, key), test, kind)
            case Kind.NUMBER:
                return self.plain(words.number_at(document, key), test, kind)
            case Kind.FLAG:
                return words.flag_at(document, key)
            case Kind.CHOICES:
                return self._listed(source, test)
            case _:
                return self._day(words.day_at(document, key), test)

    def _listed(self, source: Entry, test: Test) -> Expression:
        words, document, key = self.dialect, source.document, source.key
        match test:
            case HasAll():
                return and_(*(words.listed_at(document, key, [v]) for v in sorted(test.values)))
            case HasAny():
                return words.listed_at(document, key, sorted(test.values))
            case _:
                return not_(words.is_listed(document, key))

    def _day(self, value: Expression, test: Test) -> Expression:
        """Return whether a day kept as text passes: its order is that of days."""
        if isinstance(test, Between):
            ends: Any = [None if end is None else str(end) for end in (test.low, test.high)]
            texts = replace(test, low=ends[0], high=ends[1])
            return and_(value.is_not(None), _between(value, texts))
        return self.plain(value, test, Kind.DATE)

    def _related(self, source: Related, test: Test) -> Expression:
        def has(values: frozenset[str] | None) -> Expression:
            wanted = () if values is None else (source.value.in_(self._looked_for(source, values)),)
            return self._belongs(source.owner, source.rows, (*source.where, *wanted))

        match test:
            case HasAny():
                return has(test.values)
            case HasAll():
                return and_(*(has(frozenset({one})) for one in sorted(test.values)))
            case IsEmpty():
                return not_(has(None))
            case _:  # a flag: whether there is any row
                return has(None)

    def _looked_for(self, source: Related, values: frozenset[str]) -> list[Any]:
        if isinstance(source.value.type, Integer):
            return [int(one) for one in sorted(values) if _is_key(one)]
        return sorted(values)

    def _belongs(self, owner: Expression, rows: Any, where: tuple[Expression, ...]) -> Expression:
        """Return whether the person owns such a row."""
        root = self.catalogue.root
        if self.shape is Shape.FEW:
            found = select(literal(1)).select_from(rows).where(owner == root, *where)
            return exists(found.correlate(root.table))
        return root.in_(select(owner).select_from(rows).where(owner.is_not(None), *where))

    def _aggregate(self, source: Aggregate, test: Test, kind: Kind) -> Expression:
        """Return whether what is drawn from the person's rows passes; looked up per person.

        Drawing everybody's rows together first took longer on both stores wherever another line
        had left few people (1 M people, 5 M events: 10 s against 2 s on PostgreSQL).
        """
        if isinstance(test, IsEmpty) and source.default is not None:
            return false()
        root = self.catalogue.root
        drawn = select(source.value).select_from(source.rows)
        value = drawn.where(source.owner == root, *source.where).correlate(root.table)
        found: Expression = value.scalar_subquery()
        if source.default is not None:
            found = func.coalesce(found, source.default)
        return self.plain(found, test, kind)

    def _event(self, line: EventCondition) -> Expression:
        if line.measure is Measure.LATEST:
            return self._latest(line)
        events = self.catalogue.events
        drawn = Aggregate(
            owner=events.owner,
            value=self._measured(line),
            rows=events.rows,
            where=self._fitting(line),
            default=None if line.measure is Measure.DAYS_SINCE else 0,
        )
        kind = Kind.MOMENT if line.measure is Measure.DAYS_SINCE else Kind.NUMBER
        return self._aggregate(drawn, amount_test(line, self.frame), kind)

    def _measured(self, line: EventCondition) -> Expression:
        events = self.catalogue.events
        match line.measure:
            case Measure.COUNT:
                return func.count()  # of rows: the index alone answers
            case Measure.SUM:
                numbers = self.dialect.number_at(events.properties, line.property)
                return func.coalesce(func.sum(numbers), 0)
            case _:
                return func.max(events.at)

    def _latest(self, line: EventCondition) -> Expression:
        """Return whether the property of the newest event passes; it is looked up per person."""
        events, root = self.catalogue.events, self.catalogue.root
        newest = (
            select(self.dialect.number_at(events.properties, line.property))
            .select_from(events.rows)
            .where(events.owner == root, *self._fitting(line))
            .order_by(events.at.desc(), events.id.desc())
            .limit(1)
            .correlate(root.table)
            .scalar_subquery()
        )
        return self.plain(newest, amount_test(line, self.frame), Kind.NUMBER)

    def _fitting(self, line: EventCondition) -> tuple[Expression, ...]:
        events = self.catalogue.events
        where = [events.name == line.name]
        if line.within_days is not None:
            where.append(events.at >= self.frame.now - timedelta(days=line.within_days))
        where += [self._property(one) for one in line.where]
        return tuple(where)

    def _property(self, line: PropertyCondition) -> Expression:
        question, kind = property_asked(line)
        document, words = self.catalogue.events.properties, self.dialect
        at = words.number_at if kind is Kind.NUMBER else words.text_at
        met = self.plain(at(document, line.property), question.test, kind)
        return not_(met) if question.is_denied else met


def _between(value: Expression, test: Between) -> Expression:
    ends = []
    if test.low is not None:
        ends.append(value >= test.low if test.with_low else value > test.low)
    if test.high is not None:
        ends.append(value <= test.high if test.with_high else value < test.high)
    return and_(*ends)


def _keys(key: Expression, where: Expression) -> Any:
    return select(key).where(where)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _KEY_DIGITS
