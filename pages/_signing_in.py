"""Parts of my account: the second factor, and where I am signed in."""

import streamlit as st

from components import actions, auth, forms, guidance, page, tables
from components.html import note, safe, show
from components.i18n import ago, moment, plain, t
from components.tables import Cell, Column
from core.accounts.models import LoginSession, User
from core.accounts.passwords import knock_again
from core.accounts.second_factor import confirm_totp, disable_totp, start_totp
from core.accounts.sessions import list_own_sessions, revoke_other_sessions, revoke_own_session
from pages import _recovery

OFFER = "account.offer"


def present_password(key: str) -> None:
    """Draw the field for the password held now, which a browser may fill in."""
    label = t("account.password.current")
    forms.text(key, label, kind="password", autocomplete="current-password")


def second_factor(user: User) -> None:
    page.section("account.factor")
    with page.column():
        if user.totp_sealed:
            _factor_on()
        elif OFFER in st.session_state:
            _offer()
        else:
            note(t("account.factor.off.title"), t("account.factor.off.body"))
            if st.button(t("account.factor.begin"), key="account.begin"):
                st.session_state[OFFER] = actions.ask(start_totp)
                st.rerun()


def _factor_on() -> None:
    note(t("account.factor.on.title"), t("account.factor.on.body"), tone="good")
    _recovery.codes()
    with st.expander(plain(t("account.factor.end"))):
        present_password("account.proof")
        st.button(t("account.factor.end"), key="account.end", on_click=_end_factor)


def _end_factor() -> None:
    password, at_field = st.session_state["account.proof"], {"current": "proof"}
    attempt = actions.perform(knock_again, toast="", fields=at_field)
    if attempt and actions.attempt(
        disable_totp, attempt=attempt, password=password, toast="account.factor.ended",
        fields=at_field,
    ):  # fmt: skip
        st.session_state["account.proof"] = ""


def _offer() -> None:
    offer = st.session_state[OFFER]
    guidance.numbered([t("account.factor.step1"), t("account.factor.step2")])
    show(f'<img src="{safe(offer.picture())}" alt="{safe(t("account.factor.picture"))}" '
         'style="inline-size:200px;background:#fff;border-radius:8px">')  # fmt: skip
    st.caption(t("account.factor.by_hand"))
    st.code(offer.secret, language=None)
    forms.text("account.code", t("account.factor.code"), example=t("account.factor.code_example"))
    with st.container(horizontal=True):
        st.button(t("account.factor.confirm"), key="account.confirm", on_click=_confirm)
        if st.button(t("common.cancel"), key="account.cancel"):
            del st.session_state[OFFER]
            st.rerun()


def _confirm() -> None:
    given = {"sealed": st.session_state[OFFER].sealed, "code": st.session_state["account.code"]}
    codes = actions.perform(confirm_totp, toast="account.factor.begun", **given)
    if codes:
        _recovery.keep(codes)
        del st.session_state[OFFER]


def visits(who: auth.Who) -> None:
    page.section("account.sessions")
    st.caption(t("account.sessions.hint"))
    visits = actions.ask(list_own_sessions)
    pressed = tables.show(
        "account.visits",
        [
            Column(key="device", label=t("account.sessions.device")),
            Column(key="place", label=t("account.sessions.place")),
            Column(key="seen", label=t("account.sessions.seen")),
        ],
        [_visit(visit, who) for visit in visits],
        label=t("account.sessions"),
    )
    if pressed.acted and actions.attempt(
        revoke_own_session, session_id=int(pressed.acted), toast="account.sessions.ended"
    ):
        st.rerun()
    if len(visits) > 1 and st.button(t("account.sessions.end_others"), key="account.end_others"):
        actions.perform(revoke_other_sessions, toast="account.sessions.ended")
        st.rerun()


def _visit(visit: LoginSession, who: auth.Who) -> tables.Row:
    is_here = visit.hash == who.visit.hash
    here = t("account.sessions.here") if is_here else ""
    end = tables.Action(key="end", label=t("account.sessions.end"), is_dangerous=True)
    return tables.Row(
        id=str(visit.id),
        cells={
            "device": Cell(text=_device(visit.user_agent), note=here),
            "place": Cell(text=visit.ip or t("common.unknown")),
            "seen": Cell(text=ago(visit.last_seen_at), hover=moment(visit.last_seen_at)),
        },
        actions=() if is_here else (end,),
    )


def _device(agent: str) -> str:
    """Return browser and system in words people know."""
    browsers = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "Windows": "Windows", "Mac OS": "macOS",
               "Linux": "Linux"}  # fmt: skip
    found = [next((name for sign, name in known.items() if sign in agent), "")
             for known in (browsers, systems)]  # fmt: skip
    return " · ".join(name for name in found if name) or t("account.sessions.unknown_device")
