"""Companies: organisations with the people in them."""

import streamlit as st

from components import actions, auth, empty, forms, page, tables
from components.i18n import t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.contacts import companies, listing
from core.contacts.companies import CompanyInput, CompanyLine
from core.contacts.models import Company
from core.contacts.terms import ContactFilter
from pages.workspace import _person

KEY = "companies"
COLUMNS = ("name", "industry", "city", "people")


def _row(line: CompanyLine) -> Row:
    one = line.company
    cells: dict[str, str | int | Cell] = {
        "name": Cell(one.name, note=one.domain),
        "industry": one.industry,
        "city": one.city or "",
        "people": line.person_count,
    }
    acts = (Action("edit", t("common.edit")),) if may_edit else ()
    return Row(id=str(one.id), cells=cells, actions=acts)


def _list() -> tables.Pressed:
    text = tables.search(f"{KEY}.q", t("companies.search"))
    sheet = tables.sheet(KEY, actions.ask(companies.count_companies, text=text))
    if not sheet.total:
        if text and empty.nothing_found(KEY):
            st.session_state.pop(f"{KEY}.q", None)
            st.rerun()
        if not text:
            empty.show(KEY, key=KEY)
        return tables.Pressed()
    found = actions.ask(companies.list_companies, text=text, page=sheet.number)
    columns = [Column(name, t(f"companies.column.{name}"),
                      "number" if name == "people" else "text") for name in COLUMNS]  # fmt: skip
    pressed = tables.show(f"{KEY}.table", columns, [_row(line) for line in found],
                          label=t("companies.title"), opens=True)  # fmt: skip
    tables.foot(sheet)
    return pressed


def _people(company_id: int) -> None:
    """Draw the people in a company."""
    found = actions.ask(listing.list_contacts, where=ContactFilter(company_id=company_id))
    if not found.lines:
        empty.show("companies.people", key="companies.people")
        return
    columns = [
        Column("name", t("contacts.column.name")),
        Column("email", t("contacts.column.email")),
    ]
    rows = [Row(id=one.public_id, cells={"name": Cell(one.name, note=one.position),
                                         "email": one.email}) for one in found.lines]  # fmt: skip
    pressed = tables.show(f"{KEY}.people", columns, rows, label=t("companies.people"), opens=True)
    if pressed.opened:
        st.switch_page("workspace/contact.py", query_params={"id": pressed.opened})


def _form(company_id: int | None = None) -> None:
    key = "company"
    one = actions.ask(companies.read_company, company_id=company_id) if company_id else None
    seen = st.session_state.setdefault(f"{key}.seen", one.version if one else 1)
    name = forms.text(f"{key}.name", t("companies.column.name"), value=_of(one, "name"))
    with st.container(horizontal=True):
        industry = forms.text(f"{key}.industry", t("companies.column.industry"),
                              value=_of(one, "industry"))  # fmt: skip
        size = forms.count(f"{key}.size", t("companies.size"), value=one.size if one else None)
    with st.container(horizontal=True):
        country = forms.text(f"{key}.country", t("contact.field.country"),
                             value=_of(one, "country"))  # fmt: skip
        city = forms.text(f"{key}.city", t("contact.field.city"), value=_of(one, "city"))
    domain = forms.text(f"{key}.domain", t("companies.domain"), value=_of(one, "domain"),
                        example="example.com")  # fmt: skip
    given = CompanyInput(name=name, industry=industry, size=size, country=country, city=city,
                         domain=domain, owner_id=one.owner_id if one else None)  # fmt: skip
    if not forms.save_bar(key):
        return
    done = (
        actions.attempt(companies.add_company, given=given)
        if one is None
        else actions.attempt(companies.change_company, company_id=one.id, version=seen, given=given)
    )
    if done:
        _person.close(key)


def _of(one: Company | None, name: str) -> str:
    return "" if one is None else str(getattr(one, name) or "")


who = auth.required()
may_edit = auth.may(who, Permission.CONTACT_EDIT)
with page.header(KEY):
    adding = may_edit and st.button(t("companies.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/add:")  # fmt: skip
pressed = _list()
if adding or st.session_state.pop(f"{KEY}.adding", False):
    st.dialog(t("companies.add"))(_form)()
elif pressed.acted:
    st.dialog(t("companies.edit"))(_form)(int(pressed.acted))
elif pressed.opened:
    st.dialog(t("companies.people"), width="medium")(_people)(int(pressed.opened))
