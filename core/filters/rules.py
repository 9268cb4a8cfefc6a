"""Pure reading of the filter tree: is it sound, does it hold for a person, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from core.filters.questions import RELATIVE, amount_test, asked, property_asked
from core.filters.terms import (
    MOST_AMOUNT,
    Asked,
    Between,
    Condition,
    EventCondition,
    Explanation,
    Facts,
    FieldInfo,
    Frame,
    Group,
    Happening,
    HasAll,
    HasAny,
    HoldsText,
    IsEmpty,
    Kind,
    Leaf,
    Line,
    Match,
    Measure,
    MemberOf,
    Node,
    OneOf,
    Scene,
    Test,
)
from core.i18n.text import search_key

_DAY = timedelta(days=1)


def holds(node: Node, facts: Facts, scene: Scene) -> bool:
    """Return whether the tree holds for a person. The tree was checked before."""
    if not isinstance(node, Group):
        return leaf_holds(node, facts, scene)
    met = (holds(child, facts, scene) for child in node.children)
    match node.match:
        case Match.ALL:
            return all(met)
        case Match.ANY:
            return any(met)
        case Match.NONE:
            return not any(met)
        case _:
            assert_never(node.match)


def leaf_holds(leaf: Leaf, facts: Facts, scene: Scene) -> bool:
    """Return whether one line holds for a person."""
    match leaf:
        case Condition():
            info = scene.fields[leaf.field]
            value = facts.values.get(leaf.field)
            return _answer(asked(leaf, info, scene.frame), value, info.kind)
        case EventCondition():
            found = measured(leaf, facts.events, scene.frame)
            return passes(amount_test(leaf, scene.frame), found, Kind.NUMBER)
        case MemberOf():
            return leaf.segment_id in facts.segments
        case _:
            assert_never(leaf)


def _answer(question: Asked, value: object, kind: Kind) -> bool:
    return passes(question.test, value, kind) is not question.is_denied


def passes(test: Test, value: object, kind: Kind) -> bool:
    """Return how a test goes. Nothing known passes no test but that for being empty."""
    if kind is Kind.TEXT:
        value = search_key(value) if isinstance(value, str) else ""
    if isinstance(test, IsEmpty):
        return value is None or value in ("", frozenset())
    if value is None or value == "":
        return False
    return _passes(test, value)


def _passes(test: OneOf | HoldsText | Between | HasAny | HasAll, value: object) -> bool:
    match test:
        case OneOf():
            return value in test.values
        case HoldsText(part=part):
            return str(value).startswith(part) if test.at_start else part in str(value)
        case Between():
            return _lies_between(test, value)
        case HasAny():
            return isinstance(value, frozenset) and not value.isdisjoint(test.values)
        case HasAll():
            return isinstance(value, frozenset) and value >= test.values
        case _:
            assert_never(test)


def _lies_between(test: Between, value: object) -> bool:
    found: Any = value  # the kind of the field says that it compares
    low, high = test.low, test.high
    if low is not None and (found < low or (found == low and not test.with_low)):
        return False
    return high is None or found < high or (found == high and test.with_high)


def measured(
    line: EventCondition, events: Sequence[Happening], frame: Frame
) -> int | float | datetime | None:
    """Return what the line measures; None where no event fits and there is nothing to compare.

    For the days since the newest event that is its moment.
    """
    since = None if line.within_days is None else frame.now - line.within_days * _DAY
    fitting = [
        one for one in events
        if one.name == line.name and (since is None or one.at >= since) and _fits(line, one)
    ]  # fmt: skip
    match line.measure:
        case Measure.COUNT:
            return len(fitting)
        case Measure.SUM:
            return sum(number_of(one.properties.get(line.property)) or 0.0 for one in fitting)
        case Measure.DAYS_SINCE:
            return max((one.at for one in fitting), default=None)
        case Measure.LATEST:
            last = max(fitting, key=lambda one: (one.at, one.id), default=None)
            return None if last is None else number_of(last.properties.get(line.property))
        case _:
            assert_never(line.measure)


def number_of(value: object) -> float | None:
    """Return a property as a number; None for what is none, or none anybody means."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= MOST_AMOUNT else None


def _fits(line: EventCondition, event: Happening) -> bool:
    for one in line.where:
        question, kind = property_asked(one)
        found = event.properties.get(one.property)
        value = number_of(found) if kind is Kind.NUMBER else found
        if not _answer(question, value, kind):
            return False
    return True


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Return the lines of a tree with their paths, in reading order."""
    if not isinstance(node, Group):
        yield path, node
        return
    for place, child in enumerate(node.children):
        yield from leaves(child, f"{path}.{place}" if path else str(place))


def explain(tree: Group, facts: Facts, scene: Scene) -> Explanation:
    """Return how each line went, and which ones keep the person out."""
    answers = {path: leaf_holds(leaf, facts, scene) for path, leaf in leaves(tree)}
    wanted = dict(_wishes(tree, "", is_wanted=True))
    lines = tuple(Line(path, leaf, answers[path], wanted[path]) for path, leaf in leaves(tree))
    is_in = _read(tree, "", answers.__getitem__)
    if is_in:
        return Explanation(holds=True, lines=lines)
    decisive = tuple(
        path for path in answers
        if _read(tree, "", lambda one, path=path: answers[one] is not (one == path))  # type: ignore[misc]
    )  # fmt: skip
    return Explanation(
        holds=False,
        lines=lines,
        failing=tuple(_failing(tree, "", answers)),
        decisive=decisive,
    )


def _read(node: Node, path: str, answer: Callable[[str], bool]) -> bool:
    """Return whether the tree holds when its lines go as `answer` says."""
    if not isinstance(node, Group):
        return answer(path)
    met = (_read(child, sub, answer) for sub, child in _children(node, path))
    if node.match is Match.ALL:
        return all(met)
    return any(met) is (node.match is Match.ANY)


def _children(group: Group, path: str) -> list[tuple[str, Node]]:
    return [
        (f"{path}.{place}" if path else str(place), child)
        for place, child in enumerate(group.children)
    ]


def _wishes(node: Node, path: str, *, is_wanted: bool) -> Iterator[tuple[str, bool]]:
    if not isinstance(node, Group):
        yield path, is_wanted
        return
    is_wanted = is_wanted is not (node.match is Match.NONE)
    for sub, child in _children(node, path):
        yield from _wishes(child, sub, is_wanted=is_wanted)


def _failing(
    node: Node, path: str, answers: Mapping[str, bool], *, is_wanted: bool = True
) -> Iterator[str]:
    """Return the lines that go the wrong way, in groups that do so too."""
    if _read(node, path, answers.__getitem__) is is_wanted:
        return
    if not isinstance(node, Group):
        yield path
        return
    is_wanted = is_wanted is not (node.match is Match.NONE)
    for sub, child in _children(node, path):
        yield from _failing(child, sub, answers, is_wanted=is_wanted)


def needed(tree: Node) -> tuple[frozenset[str], frozenset[str], frozenset[int]]:
    """Return the fields, the names of events and the segments that a tree speaks of."""
    found = [leaf for _, leaf in leaves(tree)]
    return (
        frozenset(one.field for one in found if isinstance(one, Condition)),
        frozenset(one.name for one in found if isinstance(one, EventCondition)),
        frozenset(one.segment_id for one in found if isinstance(one, MemberOf)),
    )


def moves_with_time(tree: Node, fields: Mapping[str, FieldInfo]) -> bool:
    """Return whether the answer can change by itself, as days go by."""
    return any(_moves(leaf, fields) for _, leaf in leaves(tree))


def _moves(leaf: Leaf, fields: Mapping[str, FieldInfo]) -> bool:
    match leaf:
        case Condition():
            info = fields.get(leaf.field)
            is_restless = info is not None and (info.kind is Kind.AGE or info.is_silent)
            return leaf.operator in RELATIVE or is_restless
        case EventCondition():
            return leaf.within_days is not None or leaf.measure is Measure.DAYS_SINCE
        case MemberOf():
            return False
        case _:
            assert_never(leaf)


def next_midnight(frame: Frame) -> datetime:
    """Return when the next day begins where the organisation is."""
    zone = ZoneInfo(frame.time_zone)
    day = frame.now.astimezone(zone).date() + _DAY
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(frame.now.tzinfo)
