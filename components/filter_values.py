"""The widget for the value of a line: as its field and operator ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from components import forms
from components.actions import check
from components.dates import date_field
from components.i18n import figures, language, t
from core.filters.checking import COUNTING_DAYS, TAKES_MANY, WITHOUT_VALUE
from core.filters.sentences import option_name
from core.filters.terms import FieldInfo, Kind, Operator, Option
from core.i18n.digits import parse_number
from core.i18n.places import country_name

NARROW, MIDDLE, WIDE = 110, 190, 260
COUNTRIES = ("IR", "AF", "IQ", "TR", "AE", "SA", "QA", "KW", "OM", "BH", "SY", "LB", "JO", "EG",
             "TJ", "DE", "FR", "GB", "US", "CA")  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """What a line is about and how it compares; options: what can be chosen, if not anything."""

    info: FieldInfo
    operator: Operator
    options: Sequence[Option] = ()


def value_widget(key: str, chosen: Chosen, first: Any) -> Any:
    """Draw what the value is given with; return it, or None while there is none."""
    if chosen.operator in WITHOUT_VALUE:
        return None
    if chosen.operator in COUNTING_DAYS or chosen.info.kind is Kind.AGE:
        label = "filter.days" if chosen.operator in COUNTING_DAYS else "filter.years"
        with st.container(width=NARROW):
            return forms.count(key, t(label), value=first if isinstance(first, int) else None)
    match chosen.info.kind:
        case Kind.NUMBER:
            return _number(key, first)
        case Kind.DATE | Kind.MOMENT:
            return _day(key, first)
        case Kind.CHOICE | Kind.CHOICES:
            return _choice(key, chosen, first)
        case _:
            return _text(key, chosen, first)


def _number(key: str, first: Any) -> float | int | None:
    shown = figures(str(first)) if isinstance(first, int | float) else ""
    with st.container(width=NARROW):
        typed = forms.text(key, t("filter.number"), value=shown)
    if not typed.strip():
        return None
    found = check(parse_number, typed, field=forms.field_name(key))
    if found is None:
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def _day(key: str, first: Any) -> str | None:
    with st.container(width=WIDE):
        day = date_field(key, t("filter.day"), value=_as_day(first))
    return None if day is None else day.isoformat()


def _as_day(first: Any) -> date | None:
    try:
        return date.fromisoformat(first) if isinstance(first, str) else None
    except ValueError:
        return None


def _choice(key: str, chosen: Chosen, first: Any) -> Any:
    named = {one.value: option_name(one, language()) for one in chosen.options}
    if chosen.info.key == "contact.country":
        named = {one: country_name(one, language()) for one in COUNTRIES}
    begun = list(first) if isinstance(first, list | tuple) else [first] if first else []
    values = list(dict.fromkeys([*named, *(str(one) for one in begun)]))
    is_open = not chosen.info.options
    with st.container(width=WIDE):
        if chosen.operator in TAKES_MANY:
            found = st.multiselect(
                t("filter.values"), values, [str(one) for one in begun], key=key,
                format_func=lambda one: named.get(one, one), label_visibility="collapsed",
                placeholder=t("filter.values"), accept_new_options=is_open,
            )  # fmt: skip
            return found or None
        return st.selectbox(
            t("filter.values"), values, index=values.index(str(begun[0])) if begun else None,
            key=key, format_func=lambda one: named.get(one, one), label_visibility="collapsed",
            placeholder=t("filter.values"), accept_new_options=is_open,
        )  # fmt: skip


def _text(key: str, chosen: Chosen, first: Any) -> Any:
    with st.container(width=WIDE):
        if chosen.operator in TAKES_MANY:
            begun = [str(one) for one in first] if isinstance(first, list | tuple) else []
            found = st.multiselect(
                t("filter.values"), begun, begun, key=key, accept_new_options=True,
                label_visibility="collapsed", placeholder=t("filter.values"),
            )  # fmt: skip
            return found or None
        typed = st.text_input(t("filter.text"), first if isinstance(first, str) else "", key=key,
                              placeholder=t("filter.text"), autocomplete="off",
                              label_visibility="collapsed")  # fmt: skip
    return (typed or "").strip() or None
