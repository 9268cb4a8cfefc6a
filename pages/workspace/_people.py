"""The filters over people: a search and one row of choices, kept in the address of the page."""

import streamlit as st

from components import actions, tables
from components.i18n import t
from core.activities import notes
from core.contacts import companies, listing, tagging
from core.contacts.terms import ContactFilter, ContactKind, ContactStatus, Lifecycle

KEY = "contacts"
FILTERS = ("kind", "tag", "company", "owner", "lifecycle", "status")


def _choice(name: str, options: dict[str, str]) -> str:
    chosen = st.selectbox(
        t(f"contacts.filter.{name}"), list(options), index=None, key=f"{KEY}.{name}",
        format_func=lambda one: options.get(one, one), placeholder=t(f"contacts.filter.{name}"),
        label_visibility="collapsed", width=124, bind="query-params",
        on_change=tables.to_first_page, args=(KEY,),
    )  # fmt: skip
    return chosen or ""


def _named(found: dict[int, str]) -> dict[str, str]:
    return {str(number): name for number, name in found.items()}


def filters() -> ContactFilter:
    """Draw the search and one row of filters; both stand in the address of the page."""
    text = tables.search(f"{KEY}.q", t("contacts.search"), example=t("contacts.search.example"))
    with st.container(horizontal=True, key="contacts_filters"):
        kind = _choice("kind", {one.value: t(f"contact.kind.{one}") for one in ContactKind})
        tag = _choice("tag", _named(actions.ask(tagging.tag_names)))
        company = _choice("company", _named(actions.ask(companies.company_names)))
        owners = {0: t("contacts.nobody"), **actions.ask(notes.colleagues)}
        owner = _choice("owner", _named(owners))
        lifecycle = _choice("lifecycle", {one.value: t(f"contact.lifecycle.{one}")
                                          for one in Lifecycle})  # fmt: skip
        status = _choice("status", {one.value: t(f"contact.status.{one}")
                                    for one in listing.LIVE})  # fmt: skip
    return ContactFilter(
        text=text, kind=ContactKind(kind) if kind else None, tag_id=int(tag) if tag else None,
        company_id=int(company) if company else None, owner_id=int(owner) if owner else None,
        lifecycle=Lifecycle(lifecycle) if lifecycle else None,
        status=ContactStatus(status) if status else None,
    )  # fmt: skip
