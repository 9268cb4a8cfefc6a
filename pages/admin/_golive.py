"""Going live: what is tried, what came of it, and the switch."""

import streamlit as st

from components import actions
from components.html import Tone, note, safe, show, tag
from components.i18n import moment, t
from core.delivery.terms import Finding, Level, TransportLine
from core.notices import going_live
from core.notices.going_live import TrialState
from core.organisation.models import Organisation
from core.organisation.terms import MailMode

KEY = "senders.live"
TONES: dict[Level, Tone] = {Level.GOOD: "good", Level.WARNING: "warning", Level.DANGER: "danger"}
MARKS = {Level.GOOD: "✓", Level.WARNING: "!", Level.DANGER: "✕"}


def draw(house: Organisation, transports: list[TransportLine]) -> None:
    """Draw where mail goes now and the way to the other place."""
    with st.container(border=True, key="golive"):
        if going_live.is_fixed_by_environment():
            note(t("golive.fixed"), tone="good")
        elif house.mail_mode is MailMode.LIVE:
            _is_live(house)
        else:
            _practice(house, transports)


def _is_live(house: Organisation) -> None:
    since = moment(house.went_live_at) if house.went_live_at else ""
    note(t("golive.live"), t("golive.live.since", since=since), tone="good")
    if st.button(t("golive.back"), key=f"{KEY}.back") and actions.attempt(
        going_live.go_back_to_capture, seen_version=house.version, toast="golive.went_back"
    ):
        st.rerun()


def _practice(house: Organisation, transports: list[TransportLine]) -> None:
    note(t("golive.practice"), t("golive.practice.body"), tone="notice")
    if not transports:
        st.caption(t("golive.needs_server"))
        return
    chosen = transports[0]
    if len(transports) > 1:
        known = {one.id: one for one in transports}
        picked = st.selectbox(t("golive.server"), list(known), key=f"{KEY}.server",
                              format_func=lambda one: known[one].name)  # fmt: skip
        chosen = known[picked]
    _try(chosen)
    trial = actions.ask(going_live.read_trial, transport_id=chosen.id)
    _mail_me(chosen, trial)
    ready = trial.state is TrialState.ARRIVED
    if st.button(t("golive.go"), key=f"{KEY}.go", type="primary", disabled=not ready) and (
        actions.attempt(going_live.go_live, transport_id=chosen.id, seen_version=house.version,
                        toast="golive.went_live")
    ):  # fmt: skip
        st.rerun()


def _try(chosen: TransportLine) -> None:
    """Draw the first step: speak to the server, and say in words how it answered."""
    if st.button(t("golive.try"), key=f"{KEY}.try", icon=":material/network_check:"):
        way = actions.ask(going_live.read_route, transport_id=chosen.id)
        with st.spinner(t("golive.trying")):
            st.session_state[f"{KEY}.found"] = going_live.check_way_out(way)
    found: list[Finding] = st.session_state.get(f"{KEY}.found", [])
    lines = (
        tag("li", tag("b", MARKS[one.level]), tag("span", safe(t(one.code, **one.params))),
            class_=f"ch-{TONES[one.level]}")
        for one in found
    )  # fmt: skip
    show(tag("ul", *lines, class_="ch-rows"))


def _mail_me(chosen: TransportLine, trial: going_live.Trial) -> None:
    """Draw the second step: one real mail to me."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("golive.mail_me"), key=f"{KEY}.mail", icon=":material/mail:") and (
            actions.attempt(going_live.mail_me_once, transport_id=chosen.id,
                            toast="golive.mail_queued")
        ):  # fmt: skip
            st.rerun()
        said = t(f"golive.trial.{trial.state}", address=trial.address, detail=trial.detail)
        st.caption(said)
        if trial.state is TrialState.WAITING:
            st.button(t("golive.look_again"), key=f"{KEY}.look", type="tertiary")
