"""The audit log: who did what, when; sealed so that nobody can change it unseen."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import streamlit as st

from components import actions, auth, dates, empty, page, tables, takeout
from components.i18n import moment, reader, t
from components.tables import Column, Row
from core.access.terms import Permission
from core.audit import answers, reading
from core.audit.terms import AuditFilter, AuditLine
from core.consent import ledger
from core.jobs.cells import guarded
from pages.admin import _entry, _verified

KEY = "audit"
MORE = 50
CLEARS = f"{KEY}.clears"
Checked = TypeVar("Checked")


def _filters() -> AuditFilter:
    if st.session_state.pop(CLEARS, False):  # set, not taken away: so the browser hears of it
        st.session_state[f"{KEY}.action"] = None
        st.session_state[f"{KEY}.since"] = st.session_state[f"{KEY}.until"] = ""
    with st.container(horizontal=True, key="audit_filters", vertical_alignment="bottom"):
        action = st.selectbox(t("audit.action"), actions.ask(answers.actions), index=None,
                              format_func=_entry.act, key=f"{KEY}.action",
                              placeholder=t("audit.any_action"), width=280)  # fmt: skip
        since = dates.date_field(f"{KEY}.since", t("audit.since"))
        until = dates.date_field(f"{KEY}.until", t("audit.until"))
    zone = ZoneInfo(reader().time_zone)
    return AuditFilter(
        action=action,
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
    )


def _cells(line: AuditLine) -> dict[str, str]:
    return {
        "at": moment(line.at),
        "actor": _entry.actor(line),
        "act": _entry.act(line.action),
        "object": _entry.about(line),
    }


def _list(wanted: AuditFilter) -> AuditLine | None:
    shown = int(st.session_state.setdefault(f"{KEY}.shown", MORE))
    found = actions.ask(reading.entries, wanted=wanted, limit=shown + 1)
    if not found:
        if wanted == AuditFilter():
            empty.show(KEY, key=KEY)
        elif empty.nothing_found(KEY):
            st.session_state[CLEARS] = True
            st.rerun()
        return None
    columns = [Column(name, t(f"audit.column.{name}")) for name in ("at", "actor", "act", "object")]
    rows = [Row(id=str(line.id), cells=_cells(line)) for line in found[:shown]]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("audit.title"), opens=True)
    if len(found) > shown and st.button(t("audit.more"), key=f"{KEY}.more"):
        st.session_state[f"{KEY}.shown"] = shown + MORE
        st.rerun()
    return next((one for one in found if str(one.id) == pressed.opened), None)


def _kept(drawn: Callable[[Checked], None], found: Checked) -> None:
    """Have what was found stand over the list until something else is checked."""
    st.session_state[f"{KEY}.report"] = (drawn, found)


def _export(wanted: AuditFilter) -> bytes:
    made = actions.perform(
        answers.exported_file,
        wanted=wanted,
        head=[t(f"audit.column.{name}") for name in ("at", "actor", "act", "object")],
        cells=lambda line: [guarded(text) for text in _cells(line).values()],
        toast="",
    )
    return made or b""


who = auth.required()
main = page.header(KEY)
wanted = _filters()
with main, st.container(horizontal=True):
    if st.button(t("audit.verify"), key=f"{KEY}.verify", icon=":material/verified:"):
        _kept(_verified.acts, actions.ask(answers.verified))
    if st.button(t("audit.consents"), key=f"{KEY}.consents", icon=":material/fact_check:"):
        with st.spinner(t("audit.consents.running")):
            _kept(_verified.consents, actions.ask(ledger.verify_ledger))
    if auth.may(who, Permission.AUDIT_EXPORT):
        takeout.button(f"{KEY}.export", t("audit.export"), lambda: _export(wanted),
                       file_name="audit.csv")  # fmt: skip
if f"{KEY}.report" in st.session_state:
    drawn, found = st.session_state[f"{KEY}.report"]
    drawn(found)
opened = _list(wanted)
if opened is not None:
    st.dialog(t("audit.entry"), width="medium")(_entry.card)(opened)
