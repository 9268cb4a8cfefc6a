"""Is a tree sound? Refusals name the node at fault by its path."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import assert_never

from pydantic import ValidationError

from core.errors import Invalid
from core.filters.questions import is_number, several
from core.filters.terms import (
    MOST_AMOUNT,
    MOST_DAYS,
    MOST_LETTERS,
    MOST_LEVELS,
    MOST_NODES,
    MOST_VALUES,
    Condition,
    EventCondition,
    FieldInfo,
    Group,
    Kind,
    Measure,
    MemberOf,
    Node,
    Operator,
    PropertyCondition,
    Value,
)
from core.i18n.text import search_key, stored

Op = Operator
_EITHER = (Op.EMPTY, Op.FILLED)
_NUMBER = (Op.IS, Op.IS_NOT, Op.MORE_THAN, Op.LESS_THAN, Op.AT_LEAST, Op.AT_MOST)
_TEXT = (Op.IS, Op.IS_NOT, Op.CONTAINS, Op.CONTAINS_NOT, Op.STARTS_WITH, Op.ONE_OF, Op.NONE_OF)
_WHEN = (Op.LAST_DAYS, Op.NEXT_DAYS, Op.LONGER_AGO, Op.ON, Op.BEFORE, Op.AFTER)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (*_TEXT, *_EITHER),
    Kind.NUMBER: (*_NUMBER, *_EITHER),
    Kind.AGE: (*_NUMBER, *_EITHER),
    Kind.DATE: (*_WHEN, Op.BIRTHDAY_DAYS, Op.BIRTHDAY_MONTH, *_EITHER),
    Kind.MOMENT: (*_WHEN, *_EITHER),
    Kind.FLAG: (Op.YES, Op.NO),
    Kind.CHOICE: (Op.IS, Op.IS_NOT, Op.ONE_OF, Op.NONE_OF, *_EITHER),
    Kind.CHOICES: (Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE, *_EITHER),
}
"""Which lines a field of each kind can have."""

AMOUNTS = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN, Op.IS)
WITHOUT_VALUE = frozenset({Op.EMPTY, Op.FILLED, Op.YES, Op.NO, Op.BIRTHDAY_MONTH})
COUNTING_DAYS = frozenset({Op.LAST_DAYS, Op.NEXT_DAYS, Op.LONGER_AGO, Op.BIRTHDAY_DAYS})
TAKES_MANY = frozenset({Op.ONE_OF, Op.NONE_OF, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE})
_MOST_AGE = 150
_YEARS = range(1_000, 9_000)
_BAD_IN_NAMES = frozenset('"\\\x00')
_MOST_BIRTHDAY_DAYS = 366


def parsed(data: object) -> Group:
    """Return the tree that data describes.

    Raises:
        Invalid: "filter.too_deep", "filter.too_many_nodes", or "filter.unreadable" at the path.
    """
    _measure(data)
    try:
        return Group.model_validate(data)
    except ValidationError as error:
        where = [str(one) for one in error.errors()[0]["loc"] if isinstance(one, int)]
        raise Invalid("filter.unreadable", field=".".join(where) or "tree") from error


def _measure(data: object) -> None:
    """Refuse what is too deep or too big before anything is built of it."""
    waiting, count = [(data, 1)], 0
    while waiting:
        node, level = waiting.pop()
        count += 1
        if count > MOST_NODES:
            raise Invalid("filter.too_many_nodes", field="tree", limit=MOST_NODES)
        children = node.get("children") if isinstance(node, Mapping) else None
        if level > MOST_LEVELS or (level == MOST_LEVELS and children):
            raise Invalid("filter.too_deep", field="tree", limit=MOST_LEVELS)
        if isinstance(children, list | tuple):
            waiting.extend((child, level + 1) for child in children)


def check_tree(tree: Group, fields: Mapping[str, FieldInfo]) -> None:
    """Raise Invalid at the path of the first line that means nothing; a sound tree passes."""
    _measure(tree.model_dump())
    count = 0
    for path, node in _nodes(tree, ""):
        count += _values(node)
        if count > MOST_VALUES:
            raise Invalid("filter.too_many_values", field=path or "tree", limit=MOST_VALUES)
        if isinstance(node, Condition):
            _check_condition(node, fields, path)
        elif isinstance(node, EventCondition):
            _check_event(node, path)
        elif isinstance(node, MemberOf) and not 0 < node.segment_id <= MOST_AMOUNT:
            raise Invalid("filter.segment_missing", field=path)


def _nodes(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    if isinstance(node, Group):
        for place, child in enumerate(node.children):
            yield from _nodes(child, f"{path}.{place}" if path else str(place))


def _values(node: Node) -> int:
    match node:
        case Condition():
            return len(several(node.value))
        case EventCondition():
            return sum(len(several(one.value)) for one in node.where) + len(node.where)
        case MemberOf() | Group():
            return 0
        case _:
            assert_never(node)


def _check_condition(line: Condition, fields: Mapping[str, FieldInfo], path: str) -> None:
    info = fields.get(line.field)
    if info is None:
        raise Invalid("filter.unknown_field", field=path, name=line.field)
    if line.operator not in OPERATORS[info.kind]:
        raise Invalid("filter.wrong_operator", field=path)
    if line.operator in WITHOUT_VALUE:
        return
    if line.operator in COUNTING_DAYS:
        _check_days(line, path)
        return
    if isinstance(line.value, tuple) and line.operator not in TAKES_MANY:
        raise Invalid("filter.one_value", field=path)
    if not several(line.value):
        raise Invalid("filter.value_missing", field=path)
    for one in several(line.value):
        _check_value(one, info, path)


def _check_days(line: Condition, path: str) -> None:
    limit = _MOST_BIRTHDAY_DAYS if line.operator is Op.BIRTHDAY_DAYS else MOST_DAYS
    _check_count(line.value, path, limit=limit)


def _check_count(value: object, path: str, *, limit: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise Invalid("filter.days_wrong", field=path, limit=limit)


def _check_value(value: object, info: FieldInfo, path: str) -> None:
    match info.kind:
        case Kind.TEXT:
            _check_text(value, path)
        case Kind.NUMBER:
            _check_number(value, path)
        case Kind.AGE:
            _check_age(value, path)
        case Kind.DATE | Kind.MOMENT:
            _check_day(value, path)
        case Kind.CHOICE | Kind.CHOICES:
            _check_choice(value, info, path)
        case Kind.FLAG:
            raise Invalid("filter.wrong_operator", field=path)
        case _:
            assert_never(info.kind)


def _check_age(value: object, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_AGE:
        raise Invalid("filter.age_wrong", field=path, limit=_MOST_AGE)


def _check_choice(value: object, info: FieldInfo, path: str) -> None:
    _check_text(value, path, is_folded=False)
    if info.options and value not in {one.value for one in info.options}:
        raise Invalid("filter.unknown_choice", field=path)


def _check_text(value: object, path: str, *, is_folded: bool = True) -> None:
    if not isinstance(value, str):
        raise Invalid("filter.text_wanted", field=path)
    if len(value) > MOST_LETTERS:
        raise Invalid("filter.text_too_long", field=path, limit=MOST_LETTERS)
    is_sound = bool(search_key(stored(value))) if is_folded else value == stored(value) != ""
    if not is_sound:
        raise Invalid("filter.value_missing", field=path)


def _check_number(value: object, path: str) -> None:
    if not is_number(value) or abs(value) > MOST_AMOUNT:  # type: ignore[arg-type]
        raise Invalid("filter.number_wanted", field=path, limit=MOST_AMOUNT)


def _check_day(value: object, path: str) -> None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS or day.isoformat() != value:
        raise Invalid("filter.day_wanted", field=path)


def _check_event(line: EventCondition, path: str) -> None:
    _check_name(line.name, path)
    _check_number(line.amount, path)
    counts_days = line.measure is Measure.DAYS_SINCE
    if line.operator not in AMOUNTS or (counts_days and line.operator is Op.IS):
        raise Invalid("filter.wrong_operator", field=path)
    if counts_days and not 0 <= line.amount <= MOST_DAYS:
        raise Invalid("filter.days_wrong", field=path, limit=MOST_DAYS)
    if line.measure in {Measure.SUM, Measure.LATEST}:
        _check_name(line.property, path)
    if line.within_days is not None:
        _check_count(line.within_days, path, limit=MOST_DAYS)
    for one in line.where:
        _check_property(one, path)


def _check_property(line: PropertyCondition, path: str) -> None:
    _check_name(line.property, path)
    of_numbers = is_number(line.value)
    if line.operator not in (_NUMBER if of_numbers else _TEXT):
        raise Invalid("filter.wrong_operator", field=path)
    if not several(line.value):
        raise Invalid("filter.value_missing", field=path)
    if isinstance(line.value, tuple) and line.operator not in TAKES_MANY:
        raise Invalid("filter.one_value", field=path)
    for one in several(line.value):
        if of_numbers:
            _check_number(one, path)
        else:
            _check_text(one, path)


def _check_name(name: str, path: str) -> None:
    """Refuse names no event or property can have; quotes would end a path in a document."""
    if not name.strip() or _BAD_IN_NAMES.intersection(name) or stored(name) != name.strip():
        raise Invalid("filter.name_wrong", field=path)


__all__ = ["AMOUNTS", "COUNTING_DAYS", "OPERATORS", "TAKES_MANY", "WITHOUT_VALUE", "Value",
           "check_tree", "parsed"]  # fmt: skip
