"""Import of stock or orders from a file."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import auth, forms, page
from components.i18n import t
from core.access.terms import DepartmentKind
from core.jobs.terms import JobKind
from core.operations.terms import KnownRule
from pages import _importing

KEY = "import_stock"
CURRENCIES = ("IRR", "USD", "EUR", "GBP", "AED", "SAR", "IQD", "TRY")
OPENING, POINT = 100, 20


def _stock_options(key: str) -> Mapping[str, object]:
    known = forms.pick(
        f"{key}.known",
        t("stock.field.known"),
        list(KnownRule),
        value=KnownRule.UPDATE,
        shown=lambda one: t(f"stock.known.{one}"),
    )
    return {"known": known or KnownRule.UPDATE}


def _order_options(key: str) -> Mapping[str, object]:
    opening = forms.count(f"{key}.opening_stock", t("stock.field.opening_stock"), value=OPENING,
                          hint=t("importing.opening.hint"))  # fmt: skip
    point = forms.count(f"{key}.reorder_point", t("stock.field.reorder_point"), value=POINT)
    house = who.organisation.currency if who.organisation else CURRENCIES[0]
    choices = list(dict.fromkeys([house, *CURRENCIES]))
    currency = forms.pick(f"{key}.currency", t("importing.currency"), choices, value=house)
    return {"opening_stock": opening, "reorder_point": point, "currency": currency}


def _department() -> int | None:
    mine = [one for one in who.actor.grants if one.kind is DepartmentKind.OPERATIONS]
    return mine[0].department_id if mine else None


who = auth.required()
page.header(KEY)
kinds: dict[JobKind, Any] = {
    JobKind.IMPORT_STOCK: _stock_options,
    JobKind.IMPORT_ORDERS: _order_options,
}
kind = st.segmented_control(
    t("importing.kind"),
    list(kinds),
    default=JobKind.IMPORT_STOCK,
    format_func=lambda one: t(f"job.kind.{one}"),
    key=f"{KEY}.kind",
    label_visibility="collapsed",
)
chosen = kind or JobKind.IMPORT_STOCK
_importing.draw(chosen, department_id=_department(), options=kinds[chosen])
