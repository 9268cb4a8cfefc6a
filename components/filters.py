"""The builder of a filter tree: groups in groups, one line for each thing that is asked.

What is typed lies in the widgets; the tree of a visit keeps which lines there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from components import auth, forms
from components.filter_values import Chosen, value_widget
from components.i18n import has, language, t
from core import clock
from core.db import reading
from core.errors import ChaparError
from core.filters.checking import AMOUNTS, OPERATORS
from core.filters.sentences import field_name
from core.filters.terms import MOST_LEVELS, FieldInfo, Match, Measure, Operator, Option

EVENT, MEMBER = "event:", "member:"
GROUPS = ("person", "company", "custom", "orders", "mail", "consent", "origin")
NARROW, MIDDLE, WIDE = 110, 190, 260
Data = dict[str, Any]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Known:
    """What lines can speak of. segments: names by id."""

    fields: Mapping[str, FieldInfo]
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    events: Sequence[str] = ()
    segments: Mapping[int, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """What a line can begin with, in the order in which it is offered."""
        ordered = sorted(self.fields.values(), key=lambda one: GROUPS.index(one.group))
        lasting = [EVENT, MEMBER] if self.segments else [EVENT]
        return [*(one.key for one in ordered), *lasting]

    def name(self, key: str) -> str:
        """Return what stands in the list of fields: the heading first, so that it is found."""
        if key in {EVENT, MEMBER}:
            return t(f"filter.kind.{key.removesuffix(':')}")
        info = self.fields[key]
        return f"{t(f'filter.group.{info.group}')} · {field_name(info, language())}"


def event_name(name: str) -> str:
    """Return what people call these events."""
    code = f"event.name.{name}"
    return t(code) if has(code) else name


def build(key: str, tree: Data, known: Known) -> Data:
    """Draw the builder, begun with this tree; return the tree as it stands now."""
    place = f"{key}.tree"
    if place not in st.session_state:
        st.session_state[place] = _numbered(tree)
    root: Data = st.session_state[place]
    drawn = _Builder(key, known)
    with forms.frame(f"{key}.tree_field", field="tree"):
        return drawn.group(root, path="", level=1)


def begin(key: str, tree: Data) -> None:
    """Start the builder anew with this tree."""
    st.session_state[f"{key}.tree"] = _numbered(tree)


def look(read_verb: Callable[..., Result], /, **kwargs: object) -> Result | ChaparError:
    """Return what a reading verb found, or its refusal: what is half typed is no mistake yet."""
    who = auth.required()
    try:
        with reading() as session:
            return read_verb(session, who.actor, now=clock.now(), **kwargs)
    except ChaparError as error:
        return error


@dataclass(frozen=True)
class _Builder:
    key: str
    known: Known

    def group(self, node: Data, *, path: str, level: int) -> Data:
        """Draw a group with its lines; return it as data."""
        with st.container(border=level > 1, key=self._at(node, "group")):
            match = self._match(node)
            children = []
            for place, child in enumerate(list(node["children"])):
                sub = f"{path}.{place}" if path else str(place)
                if child["node"] == "group":
                    children.append(self._inner(child, node, path=sub, level=level + 1))
                else:
                    children.append(self._line(child, node, path=sub))
            self._adding(node, level=level)
        return {"node": "group", "match": match, "children": children}

    def _inner(self, node: Data, parent: Data, *, path: str, level: int) -> Data:
        with st.container(horizontal=True, vertical_alignment="top"):
            with st.container():
                told = self.group(node, path=path, level=level)
            self._menu(node, parent)
        return told

    def _match(self, node: Data) -> str:
        with st.container(width=WIDE):
            chosen = st.selectbox(
                t("filter.match"), list(Match), index=list(Match).index(Match(node["match"])),
                key=self._at(node, "match"), label_visibility="collapsed",
                format_func=lambda one: t(f"filter.match.{one}"),
            )  # fmt: skip
        return str(chosen)

    def _adding(self, node: Data, *, level: int) -> None:
        with st.container(horizontal=True):
            st.button(t("filter.add_line"), key=self._at(node, "add"), icon=":material/add:",
                      type="tertiary", on_click=_add, args=(node, _empty_line()))  # fmt: skip
            if level < MOST_LEVELS - 1:
                st.button(t("filter.add_group"), key=self._at(node, "add_group"),
                          icon=":material/splitscreen_add:", type="tertiary", on_click=_add,
                          args=(node, _empty_group()))  # fmt: skip

    def _menu(self, node: Data, parent: Data) -> None:
        with st.container(horizontal=True, width="content", gap=None):
            st.button(":material/content_copy:", key=self._at(node, "copy"), type="tertiary",
                      help=t("filter.duplicate"), on_click=_copy, args=(node, parent))  # fmt: skip
            st.button(":material/delete:", key=self._at(node, "remove"), type="tertiary",
                      help=t("filter.remove"), on_click=_remove, args=(node, parent))  # fmt: skip

    def _line(self, node: Data, parent: Data, *, path: str) -> Data:
        """Draw a line: what it is about, how it is compared, and with what."""
        with (
            forms.frame(self._at(node, "line"), field=path),
            st.container(horizontal=True, vertical_alignment="center"),
        ):
            about = self._about(node)
            if about == EVENT:
                told = self._event(node)
            elif about == MEMBER:
                told = self._member(node)
            else:
                told = self._field(node, about)
            self._menu(node, parent)
        node["data"] = told
        return told

    def _about(self, node: Data) -> str:
        keys, data = self.known.keys, node["data"]
        first = {"event": EVENT, "member": MEMBER}.get(data["node"], data.get("field"))
        with st.container(width=WIDE):
            chosen = st.selectbox(
                t("filter.about"), keys, index=keys.index(first) if first in keys else 0,
                key=self._at(node, "about"), format_func=self.known.name,
                label_visibility="collapsed",
            )  # fmt: skip
        return str(chosen)

    def _field(self, node: Data, about: str) -> Data:
        info, data = self.known.fields[about], node["data"]
        mine = data if data.get("field") == about else {}
        operator = self._operator(
            node, about, options=OPERATORS[info.kind], first=mine.get("operator")
        )
        chosen = Chosen(info, operator, tuple(self.known.options.get(about, info.options)))
        value = value_widget(self._at(node, f"{about}.{operator}"), chosen, mine.get("value"))
        return {"node": "field", "field": about, "operator": operator.value, "value": value}

    def _operator(
        self, node: Data, about: str, *, options: Sequence[Operator], first: object
    ) -> Operator:
        with st.container(width=MIDDLE):
            chosen = st.selectbox(
                t("filter.how"), options,
                index=next((n for n, one in enumerate(options) if one == first), 0),
                key=self._at(node, f"{about}.how"), label_visibility="collapsed",
                format_func=lambda one: t(f"filter.operator.{one}"),
            )  # fmt: skip
        return Operator(chosen)

    def _member(self, node: Data) -> Data:
        ids = list(self.known.segments)
        first = node["data"].get("segment_id")
        with st.container(width=WIDE):
            chosen = st.selectbox(
                t("filter.kind.member"), ids, index=ids.index(first) if first in ids else 0,
                key=self._at(node, "segment"), label_visibility="collapsed",
                format_func=lambda one: self.known.segments[one],
            )  # fmt: skip
        return {"node": "member", "segment_id": chosen}

    def _event(self, node: Data) -> Data:
        data = node["data"] if node["data"]["node"] == "event" else {}
        name = self._event_name(node, data.get("name"))
        measure = self._pick(node, "measure", options=list(Measure),
                             first=data.get("measure", Measure.COUNT))  # fmt: skip
        told: Data = {"node": "event", "name": name, "measure": measure, "where": []}
        if measure in {Measure.SUM, Measure.LATEST}:
            told["property"] = self._text(node, "property", data.get("property", ""))
        operators = AMOUNTS[:-1] if measure == Measure.DAYS_SINCE else AMOUNTS
        told["operator"] = self._operator(
            node, EVENT, options=operators, first=data.get("operator")
        ).value
        told["amount"] = self._number(node, "amount", data.get("amount", 1)) or 0
        told["within_days"] = self._number(node, "within_days", data.get("within_days", 90))
        where = (data.get("where") or [{}])[0]
        key = self._text(node, "where_key", where.get("property", ""))
        if key:
            ways = [Operator.IS, Operator.IS_NOT, Operator.CONTAINS, Operator.STARTS_WITH]
            first = where.get("operator", Operator.IS)
            operator = self._pick(node, "where_how", options=ways, first=first, code="operator")
            value = self._text(node, "where_value", str(where.get("value", "")))
            told["where"] = [{"property": key, "operator": operator, "value": value}]
        return told

    def _event_name(self, node: Data, first: str | None) -> str:
        names = list(dict.fromkeys([*self.known.events, *([first] if first else [])]))
        with st.container(width=MIDDLE):
            chosen = st.selectbox(
                t("filter.event_name"), names, index=names.index(first) if first in names else None,
                key=self._at(node, "name"), accept_new_options=True, label_visibility="collapsed",
                format_func=event_name,
                placeholder=t("filter.event_name"),
            )  # fmt: skip
        return chosen or ""

    def _pick(
        self, node: Data, name: str, *, options: Sequence[Any], first: object, code: str = ""
    ) -> str:
        with st.container(width=MIDDLE):
            chosen = st.selectbox(
                t(f"filter.{name}"), options,
                index=next((n for n, one in enumerate(options) if one == first), 0),
                key=self._at(node, name), label_visibility="collapsed",
                format_func=lambda one: t(f"filter.{code or name}.{one}"),
            )  # fmt: skip
        return str(chosen)

    def _text(self, node: Data, name: str, first: str) -> str:
        with st.container(width=MIDDLE):
            typed = st.text_input(t(f"filter.{name}"), first, key=self._at(node, name),
                                  placeholder=t(f"filter.{name}"),
                                  label_visibility="collapsed")  # fmt: skip
        return (typed or "").strip()

    def _number(self, node: Data, name: str, first: int | None) -> int | None:
        with st.container(width=NARROW):
            return forms.count(self._at(node, name), t(f"filter.{name}"), value=first)

    def _at(self, node: Data, name: str) -> str:
        return f"{self.key}.{node['uid']}.{name}"


def _numbered(data: Data) -> Data:
    """Return the tree with a number for each node, by which its widgets are known."""
    if data["node"] != "group":
        return {"uid": _next(), "node": "line", "data": dict(data)}
    children = [_numbered(one) for one in data.get("children", ())]
    match = data.get("match", Match.ALL.value)
    return {"uid": _next(), "node": "group", "match": match, "children": children}


def _next() -> int:
    number = int(st.session_state.get("filters.uid", 0)) + 1
    st.session_state["filters.uid"] = number
    return number


def _bare(node: Data) -> Data:
    if node["node"] != "group":
        return dict(node["data"])
    children = [_bare(one) for one in node["children"]]
    return {"node": "group", "match": node["match"], "children": children}


def _empty_line() -> Data:
    return {"node": "field", "field": "contact.city", "operator": "is", "value": None}


def _empty_group() -> Data:
    return {"node": "group", "match": "any", "children": [_empty_line()]}


def _add(parent: Data, data: Data) -> None:
    parent["children"].append(_numbered(data))


def _copy(node: Data, parent: Data) -> None:
    place = parent["children"].index(node)
    parent["children"].insert(place + 1, _numbered(_bare(node)))


def _remove(node: Data, parent: Data) -> None:
    parent["children"].remove(node)
