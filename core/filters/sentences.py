"""A tree told as a sentence, in the words of its reader."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from core.filters.questions import several
from core.filters.terms import (
    Condition,
    EventCondition,
    FieldInfo,
    Group,
    Kind,
    Leaf,
    Match,
    MemberOf,
    Node,
    Option,
    PropertyCondition,
    Scalar,
)
from core.i18n import formats
from core.i18n.catalog import codes, translate
from core.i18n.places import country_name
from core.i18n.terms import Figures, Language, Reader


@dataclass(frozen=True)
class Speech:
    """Who reads, and what things are called. segments: names by id; event: words for a name."""

    reader: Reader
    fields: Mapping[str, FieldInfo]
    options: Mapping[str, Iterable[Option]] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)
    event: Callable[[str], str] = str

    @property
    def language(self) -> Language:
        """The language of the sentence."""
        return self.reader.language


def sentence(tree: Node, speech: Speech) -> str:
    """Return what the tree asks, as one sentence without a full stop."""
    if isinstance(tree, Group) and not tree.children and tree.match is not Match.ANY:
        return translate(speech.language, "filter.everybody")
    return _told(tree, speech, is_inner=False)


def _told(node: Node, speech: Speech, *, is_inner: bool) -> str:
    if not isinstance(node, Group):
        return line(node, speech)
    if not node.children:
        code = "filter.nobody" if node.match is Match.ANY else "filter.everybody"
        return translate(speech.language, code)
    link = "filter.and" if node.match is Match.ALL else "filter.or"
    parts = [_told(child, speech, is_inner=True) for child in node.children]
    told = f" {translate(speech.language, link)} ".join(parts)
    if node.match is Match.NONE:
        return translate(speech.language, "filter.none_of", lines=_ready(told))
    return f"({told})" if is_inner and len(parts) > 1 else told


def line(leaf: Leaf, speech: Speech) -> str:
    """Return what one line asks."""
    match leaf:
        case Condition():
            return _condition(leaf, speech)
        case EventCondition():
            return _event(leaf, speech)
        case MemberOf():
            name = speech.segments.get(leaf.segment_id, "")
            return translate(speech.language, "filter.member", name=name)
        case _:
            assert_never(leaf)


def field_name(info: FieldInfo, language: Language) -> str:
    """Return what a field is called."""
    if info.code:
        return translate(language, info.code)
    return info.names.get(language.value) or next(iter(info.names.values()), info.key)


def option_name(option: Option, language: Language) -> str:
    """Return what a choice is called."""
    if option.code and option.code in codes(language):
        return translate(language, option.code)
    names = option.names
    return names.get(language.value) or next(iter(names.values()), option.value)


def _condition(leaf: Condition, speech: Speech) -> str:
    info = speech.fields.get(leaf.field)
    if info is None:
        return translate(speech.language, "filter.field_gone", name=leaf.field)
    values = [_value(one, info, speech) for one in several(leaf.value)]
    count = leaf.value if isinstance(leaf.value, int) else 0
    return translate(
        speech.language,
        f"filter.line.{leaf.operator.value}",
        field=_ready(field_name(info, speech.language)),
        value=values,
        count=count,
    )


def _value(value: object, info: FieldInfo, speech: Speech) -> object:
    if info.kind in {Kind.DATE, Kind.MOMENT} and isinstance(value, str):
        return formats.date(date.fromisoformat(value), speech.reader)
    if info.key == "contact.country":
        return country_name(str(value), speech.language)
    for option in (*info.options, *speech.options.get(info.key, ())):
        if option.value == value:
            return option_name(option, speech.language)
    return value


def _event(leaf: EventCondition, speech: Speech) -> str:
    language = speech.language
    within = where = ""
    if leaf.within_days is not None:
        within = " " + translate(language, "filter.within", count=leaf.within_days)
    if leaf.where:
        link = f" {translate(language, 'filter.and')} "
        lines = link.join(_property(one, language) for one in leaf.where)
        where = " " + translate(language, "filter.where", lines=_ready(lines))
    compared = translate(language, f"filter.compared.{leaf.operator.value}", amount=leaf.amount)
    return translate(
        language,
        f"filter.event.{leaf.measure.value}",
        name=speech.event(leaf.name),
        property=leaf.property,
        within=_ready(within),
        where=_ready(where),
        compared=_ready(compared),
    )


def _property(one: PropertyCondition, language: Language) -> str:
    values: list[Scalar] = list(several(one.value))  # type: ignore[arg-type]
    return translate(
        language, f"filter.line.{one.operator.value}", field=one.property, value=values, count=0
    )


def _ready(text: str) -> Figures:
    """Return words that stand in the reader's language already: put in as they are."""
    return Figures(text)
