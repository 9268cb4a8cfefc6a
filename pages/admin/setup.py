"""The set-up wizard: five short steps; it can be left and taken up again."""

import streamlit as st

from components import actions, auth, forms, page
from components.html import note
from components.i18n import plain, t
from core.delivery.terms import TlsMode, TransportInput
from core.i18n.terms import Calendar, Language
from core.organisation.terms import SetupStep
from core.practice import service as practice
from core.setup import wizard
from core.setup.terms import AdministratorInput, CalendarInput, WizardState
from pages.admin import _time

KEY = "setup"
AT = f"{KEY}.at"
STEPS = tuple(SetupStep)[:-1]


def _next(step: SetupStep, toast: str = "") -> None:
    if toast:
        actions.say(t(toast))
    st.session_state[AT] = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    st.rerun()


def _bar(step: SetupStep, label: str = "") -> bool:
    """Draw the way on and the way back; return whether the step is to be kept."""
    pressed = forms.save_bar(f"{KEY}.{step}", label=label or t("setup.next"))
    place = STEPS.index(step)
    if place and st.button(t("common.back"), key=f"{KEY}.back", type="tertiary"):
        st.session_state[AT] = STEPS[place - 1]
        st.rerun()
    return pressed


def _organisation(state: WizardState) -> None:
    name = forms.text(f"{KEY}.org.name", t("setup.name"), value=state.name)
    language = forms.pick(f"{KEY}.org.language", t("setup.language"), list(Language),
                          value=state.language, shown=lambda one: one.own_name,
                          hint=t("setup.language.hint"))  # fmt: skip
    if _bar(SetupStep.ORGANISATION) and actions.attempt(
        wizard.save_organisation, name=name, language=language or state.language, toast=""
    ):
        _next(SetupStep.ORGANISATION)


def _calendar(state: WizardState) -> None:
    calendar = forms.pick(
        f"{KEY}.cal.calendar",
        t("setup.calendar"),
        list(Calendar),
        value=state.calendar,
        shown=lambda one: t(f"setup.calendar.{one}"),
    )
    place = _time.draw(f"{KEY}.cal", zone=state.time_zone, country=state.country,
                       weekend=state.weekend, hours=state.hours)  # fmt: skip
    if not _bar(SetupStep.CALENDAR):
        return
    given = CalendarInput(
        calendar=calendar or state.calendar,
        time_zone=place.time_zone,
        country=place.country,
        weekend=place.weekend,
        hours=place.hours,
    )
    if actions.attempt(wizard.save_calendar, given=given, toast=""):
        _next(SetupStep.CALENDAR)


def _administrator(state: WizardState) -> None:
    if state.administrator:
        note(t("setup.administrator.is", name=state.administrator), tone="good")
        if _bar(SetupStep.ADMINISTRATOR):
            _next(SetupStep.ADMINISTRATOR)
        return
    given = AdministratorInput(
        name=forms.text(f"{KEY}.adm.name", t("setup.your_name")),
        email=forms.text(f"{KEY}.adm.email", t("setup.your_email"), kind="email",
                         hint=t("setup.your_email.hint")),
        login=forms.text(f"{KEY}.adm.login", t("setup.login"), hint=t("setup.login.hint")),
        password=forms.text(f"{KEY}.adm.password", t("setup.password"), kind="password",
                            hint=t("setup.password.hint")),
    )  # fmt: skip
    if _bar(SetupStep.ADMINISTRATOR, t("setup.administrator.create")) and actions.attempt(
        wizard.create_administrator, given=given, toast="setup.administrator.done"
    ):
        _next(SetupStep.ADMINISTRATOR)


def _sender(state: WizardState) -> None:
    name = forms.text(f"{KEY}.snd.name", t("setup.sender.name"), value=state.sender_name)
    known = "" if state.sender_address.endswith(".localdomain") else state.sender_address
    address = forms.text(f"{KEY}.snd.address", t("setup.sender.address"), value=known,
                         kind="email", example="info@example.com")  # fmt: skip
    has_server = forms.switch(f"{KEY}.snd.server", t("setup.sender.server"),
                              value=state.transport_id is not None,
                              hint=t("setup.sender.server.hint"))  # fmt: skip
    server = _server() if has_server else None
    if not _bar(SetupStep.SENDER):
        return
    if actions.attempt(wizard.save_sender, name=name, address=address, toast="") and (
        server is None or actions.attempt(wizard.save_transport, given=server, toast="")
    ):
        _next(SetupStep.SENDER)


def _server() -> TransportInput:
    with st.container(border=True):
        host = forms.text(f"{KEY}.snd.host", t("setup.server.host"), example="smtp.example.com")
        port = forms.count(f"{KEY}.snd.port", t("setup.server.port"), value=587)
        tls = forms.pick(
            f"{KEY}.snd.tls",
            t("setup.server.tls"),
            list(TlsMode),
            value=TlsMode.STARTTLS,
            shown=lambda one: t(f"setup.tls.{one}"),
        )
        user = forms.text(f"{KEY}.snd.user", t("setup.server.user"))
        password = forms.text(f"{KEY}.snd.password", t("setup.server.password"), kind="password")
    return TransportInput(name=host, host=host, port=port or 0, tls=tls or TlsMode.STARTTLS,
                          user=user, password=password)  # fmt: skip


def _practice(_state: WizardState) -> None:
    wanted = forms.switch(f"{KEY}.pra.load", t("setup.practice"), value=True,
                          hint=t("setup.practice.hint"))  # fmt: skip
    if not _bar(SetupStep.PRACTICE, t("setup.finish")):
        return
    if wanted and not actions.attempt(practice.load_for, toast=""):
        return
    if actions.attempt(wizard.finish, toast="setup.finished"):
        st.switch_page("home.py")


DRAW = {
    SetupStep.ORGANISATION: _organisation,
    SetupStep.CALENDAR: _calendar,
    SetupStep.ADMINISTRATOR: _administrator,
    SetupStep.SENDER: _sender,
    SetupStep.PRACTICE: _practice,
}

who = auth.required()
state = actions.ask(wizard.state)
page.header(KEY)
reached = state.step if state.step in STEPS else STEPS[-1]
at = st.session_state.get(AT, reached)
here = STEPS.index(at)
with page.column():
    st.progress((here + 1) / len(STEPS), plain(t("setup.step", number=here + 1, total=len(STEPS))))
    page.section(f"setup.step.{at}")
    st.caption(t(f"setup.step.{at}.hint"))
    DRAW[at](state)
