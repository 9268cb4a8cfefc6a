"""My account: language and calendar, password, second factor, where I am signed in."""

import streamlit as st

from components import actions, auth, forms, page
from components.i18n import t
from core.accounts.models import User
from core.accounts.passwords import change_own_password, knock_again
from core.accounts.service import change_self
from core.accounts.terms import UserDetails
from core.i18n.terms import Calendar, Language
from pages import _signing_in


def _myself(user: User) -> None:
    page.section("account.myself")
    with page.column():
        name = forms.text("account.name", t("account.name"), value=user.name, limit=200)
        language = forms.pick(
            f"account.{user.language}.language",  # another field once it was changed elsewhere
            t("account.language"),
            list(Language),
            value=user.language,
            shown=lambda one: one.own_name,
        )
        calendar = forms.pick(
            "account.calendar",
            t("account.calendar"),
            list(Calendar),
            value=user.calendar,
            shown=lambda one: t(f"account.calendar.{one}"),
            hint=t("account.calendar.hint"),
        )
        if not forms.save_bar("account.myself"):
            return
        given = UserDetails(
            name=name, language=language or user.language, calendar=calendar or user.calendar
        )
        if actions.perform(change_self, given=given):
            st.rerun()


def _password() -> None:
    page.section("account.password")
    with page.column():
        _signing_in.present_password("account.current")
        forms.text(
            "account.password",
            t("account.password.new"),
            kind="password",
            hint=t("account.password.hint"),
        )
        st.button(t("account.password.change"), key="account.change", on_click=_change_password)


def _change_password() -> None:
    state = st.session_state
    given = {"current": state["account.current"], "password": state["account.password"]}
    attempt = actions.perform(knock_again, toast="")
    changed = "account.password.changed"
    if attempt and actions.attempt(change_own_password, toast=changed, attempt=attempt, **given):
        state["account.current"] = state["account.password"] = ""


who = auth.required()
page.header("account")
if who.user is not None:
    _myself(who.user)
    _password()
    _signing_in.second_factor(who.user)
    _signing_in.visits(who)
