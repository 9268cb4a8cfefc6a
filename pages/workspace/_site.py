"""Sites: the line to paste, whether it works, and how a site vouches for its visitors."""

from datetime import timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import actions, empty, tables
from components.html import badge, note, safe, show, tag
from components.i18n import ago, has, moment, t
from components.tables import Cell, Column, Row
from core import clock
from core.events.models import Event
from core.tracking import recent, sites
from core.tracking.models import Site
from pages.workspace import _site_form

KEY = "sites"
OPEN = f"{KEY}.opened"
LOOK_EVERY_S = 3.0
WATCHED_FOR = timedelta(minutes=2)


def draw(main: DeltaGenerator, *, may_edit: bool) -> None:
    """Draw the list of sites, and the one that is open."""
    found = actions.ask(sites.list_sites)
    with main:
        adding = bool(found) and may_edit and st.button(
            t("sites.add"), type="primary", key=f"{KEY}.add", icon=":material/add:")  # fmt: skip
    if not found:
        adding = empty.show(KEY, key=KEY, button=t("sites.add") if may_edit else "")
    if adding:
        st.dialog(t("sites.add"), width="medium")(_site_form.draw)(None)
    for site in found:
        _card(site, may_edit=may_edit)


def _card(site: Site, *, may_edit: bool) -> None:
    """Draw a site: where it is, whether it is heard, and what can be done with it."""
    with st.container(border=True, key=f"site_card_{site.id}"):
        state = "off" if not site.is_active else "heard" if site.last_seen_at else "silent"
        tone = {"off": "muted", "heard": "good", "silent": "notice"}[state]
        told = ago(site.last_seen_at) if site.last_seen_at else ""
        mark = badge(t(f"sites.state.{state}", ago=told), tone)  # type: ignore[arg-type]
        where = tag("p", tag("bdi", safe(" · ".join(site.origins)), dir="ltr"), class_="ch-purpose")
        show(tag("div", tag("b", safe(site.name)), " ", mark) + where)
        st.code(sites.line_to_paste(site), language="html", wrap_lines=True)
        st.caption(t("sites.paste.waits" if site.waits_for_consent else "sites.paste"))
        if may_edit:
            _buttons(site)
            _live(site)


def _buttons(site: Site) -> None:
    with st.container(horizontal=True):
        if site.is_active:
            st.link_button(t("sites.test"), site.origins[0], icon=":material/open_in_new:")
        if st.button(t("common.edit"), key=f"{KEY}.edit{site.id}", type="tertiary"):
            st.dialog(t("sites.edit"), width="medium")(_site_form.draw)(site)
        if st.button(t("sites.more"), key=f"{KEY}.more{site.id}", type="tertiary"):
            st.dialog(t("sites.more"), width="medium")(_site_form.for_programmers)(site)
        label = t("sites.off" if site.is_active else "sites.on")
        if st.button(label, key=f"{KEY}.switch{site.id}", type="tertiary") and actions.attempt(
            sites.switch_site, site_id=site.id, seen_version=site.version
        ):
            st.rerun()


def _live(site: Site) -> None:
    """Draw what came last; for two minutes after a press it is looked for every three seconds."""
    key = f"{KEY}.until{site.id}"
    if st.button(t("sites.watch"), key=f"{KEY}.watch{site.id}", icon=":material/sensors:"):
        st.session_state[key] = clock.now() + WATCHED_FOR
    until = st.session_state.get(key)
    if until is not None and clock.now() < until:
        _watching(site, key)
    else:
        _last(site)


@st.fragment(run_every=LOOK_EVERY_S)
def _watching(site: Site, key: str) -> None:
    """Nobody is kept signed in by a page that looks for itself: it stops, and is drawn anew."""
    if clock.now() >= st.session_state[key]:
        st.rerun()
    _last(site)


def _last(site: Site) -> None:
    found = actions.ask(sites.last_hits, site_id=site.id)
    if not found:
        note(t("sites.waiting"), t("sites.waiting.hint"))
        return
    columns = [Column(one, t(f"sites.hit.{one}")) for one in ("name", "facts", "at")]
    tables.show(f"{KEY}.live{site.id}", columns, [_hit(one) for one in found],
                label=t("sites.last"))  # fmt: skip


def _hit(event: Event) -> Row:
    code = f"event.name.{event.name}"
    cells: dict[str, str | int | Cell] = {
        "name": t(code) if has(code) else event.name,
        "facts": recent.brief(event),
        "at": Cell(ago(event.received_at), hover=moment(event.received_at)),
    }
    return Row(str(event.id), cells)
