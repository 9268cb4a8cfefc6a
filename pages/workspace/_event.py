"""The card of a name of events: how often, what with, by whom; and the words people see for it."""

from datetime import date

import streamlit as st

from components import actions, charts, forms, page, tables, tiles
from components.charts import Point
from components.filters import event_name
from components.html import badge, safe, show, tag
from components.i18n import ago, day, language, moment, t
from components.tables import Cell, Column, Row
from components.tiles import Tile
from core.events import dictionary
from core.events.terms import NameLine
from core.i18n.terms import DateStyle, Language
from core.tracking import recent

KEY = "events"


def label(line: NameLine) -> str:
    """Return what people call these events: a colleague's words, else ours, else the name."""
    return line.names.get(language().value, "") or event_name(line.name)


def card(line: NameLine, *, may_edit: bool) -> None:
    """Draw all that is known of a name."""
    marks = badge(t("events.ours"), "muted") if line.is_ours else ""
    title, name = safe(label(line)), tag("code", safe(line.name), dir="ltr")
    show(tag("h2", title, class_="ch-heading") + tag("p", name, " ", marks, class_="ch-purpose"))
    tiles.show([
        Tile(t("events.column.count"), line.count),
        Tile(t("events.first"), ago(line.first_seen_at)),
        Tile(t("events.column.seen"), ago(line.last_seen_at)),
    ])  # fmt: skip
    if may_edit and st.button(t("events.rename"), key=f"{KEY}.rename", icon=":material/edit:"):
        st.dialog(t("events.rename"))(_words)(line)
    counts = actions.ask(dictionary.count_by_day, name=line.name)
    points = [Point(name=day(date.fromisoformat(one), DateStyle.SHORT), value=count)
              for one, count in counts.items()]  # fmt: skip
    charts.line(f"{KEY}.trend", t("events.trend"), points, measure=t("events.column.count"))
    _properties(line)
    _recent(line)


def _properties(line: NameLine) -> None:
    page.section("events.properties")
    if not line.properties:
        st.caption(t("events.properties.none"))
        return
    columns = [Column(one, t(f"events.property.{one}")) for one in ("name", "kind", "sample")]
    rows = [
        Row(one.name, {"name": one.name, "kind": t(f"events.kind.{one.kind}"),
                       "sample": one.sample})
        for one in line.properties
    ]  # fmt: skip
    tables.show(f"{KEY}.properties", columns, rows, label=t("events.properties"))


def _recent(line: NameLine) -> None:
    page.section("events.recent")
    found = actions.ask(recent.last_events, name=line.name)
    if not found:
        st.caption(t("events.recent.none"))
        return
    columns = [Column(one, t(f"events.recent.{one}")) for one in ("person", "facts", "at")]
    people = {str(one.id): one.person for one in found}
    rows = [
        Row(str(one.id), {"person": one.name or t("events.visitor"), "facts": one.facts,
                          "at": Cell(ago(one.at), hover=moment(one.at))})
        for one in found
    ]  # fmt: skip
    pressed = tables.show(f"{KEY}.recent", columns, rows, label=t("events.recent"), opens=True)
    person = people.get(pressed.opened or "")
    if person:
        st.switch_page("workspace/contact.py", query_params={"id": person})


def _words(line: NameLine) -> None:
    """Draw the form of the words people see in place of the name."""
    st.caption(t("events.rename.hint"))
    names = {
        one.value: forms.text(f"{KEY}.words.{one.value}", one.own_name,
                              value=line.names.get(one.value, ""))
        for one in Language
    }  # fmt: skip
    if forms.save_bar(f"{KEY}.words") and actions.attempt(
        dictionary.name_event, name=line.name, names=names
    ):
        st.rerun()
