"""Two records become one: who the other is, which values count, and what moves."""

import streamlit as st

from components import actions, forms, tables
from components.html import note
from components.i18n import number, plain, t
from components.tables import Column
from core.contacts import duplicates, listing
from core.contacts.terms import ContactFilter, ContactLine
from core.profiles import merging
from core.profiles.merging import Choice, Preview
from pages.workspace import _person

KEY = "merge"


def open_for(public_id: str) -> None:
    """Draw the dialog in which somebody else becomes a part of this person."""
    st.dialog(t("contact.merge"), width="large")(_draw)(public_id)


def _draw(public_id: str) -> None:
    st.caption(t("merge.hint"))
    other = _other(public_id)
    if other is None:
        return
    seen = actions.ask(merging.preview_merge, first=public_id, second=other)
    chosen = frozenset(one.name for one in seen.choices if _takes_second(one))
    _result(seen)
    if forms.save_bar(KEY, label=t("merge.save"), hint=t("merge.final")) and actions.attempt(
        merging.merge, first=public_id, second=other, from_second=chosen, toast="merge.done"
    ):
        _person.close(KEY)


def _other(public_id: str) -> str | None:
    """Draw the choice of the other record: those that look alike first, else a search."""
    found = [one.line for one in actions.ask(duplicates.alike, public_id=public_id)]
    text = forms.text(f"{KEY}.q", t("merge.search"), kind="search",
                      example=t("contacts.search.example"))  # fmt: skip
    if text.strip():
        where = ContactFilter(text=text)
        found = list(actions.ask(listing.list_contacts, where=where).lines[:10])
    known = {one.public_id: one for one in found if one.public_id != public_id}
    if not known:
        note(t("merge.nobody"), t("merge.nobody.body"))
        return None
    return forms.pick(f"{KEY}.other", t("merge.other"), list(known),
                      shown=lambda one: _named(known[one]))  # fmt: skip


def _named(line: ContactLine) -> str:
    return " · ".join(filter(None, [line.name, line.email, line.phone, line.company]))


def _takes_second(one: Choice) -> bool:
    options = (one.first or t("merge.empty"), one.second)
    label = t(f"contact.field.{one.name}")
    chosen = st.radio(
        plain(label), (False, True), index=int(one.is_second_better), horizontal=True,
        key=f"{KEY}.field.{one.name}", format_func=lambda side: plain(options[int(side)]),
    )  # fmt: skip
    return bool(chosen)


def _result(seen: Preview) -> None:
    rows = [{"what": t("merge.addresses"), "value": " · ".join(seen.addresses)},
            {"what": t("contact.tags"), "value": " · ".join(seen.tags)}]  # fmt: skip
    moved = sum(count for name, count in seen.moved.items() if name != "contact_identity")
    rows.append({"what": t("merge.moved"), "value": number(moved)})
    columns = [Column("what", t("merge.what")), Column("value", t("merge.result"))]
    tables.plain_table(columns, [row for row in rows if row["value"]])
