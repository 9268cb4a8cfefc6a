"""The set-up wizard: five short steps; it can be left and taken up again."""

import streamlit as st

from components import actions, auth, forms, page
from components.html import note
from components.i18n import language, plain, t
from core.accounts.service import choose_language
from core.delivery.service import list_transports
from core.i18n.terms import Calendar, Language
from core.organisation.terms import SetupStep
from core.practice import service as practice
from core.setup import wizard
from core.setup.terms import AdministratorInput, CalendarInput, WizardState
from pages.admin import _server, _time, _wizard

KEY = "setup"
MADE_UP = ".localdomain"


def _organisation(state: WizardState) -> None:
    is_new = state.step is SetupStep.ORGANISATION
    name = forms.text(f"{KEY}.org.name", t("setup.name"), value="" if is_new else state.name,
                      example=t("setup.name.example"))  # fmt: skip
    spoken = forms.pick(f"{KEY}.org.language", t("setup.language"), list(Language),
                        value=language() if is_new else state.language,
                        shown=lambda one: one.own_name, hint=t("setup.language.hint"))  # fmt: skip
    if _wizard.bar(SetupStep.ORGANISATION) and actions.attempt(
        wizard.save_organisation, name=name, language=spoken or state.language, toast=""
    ):
        _wizard.go_on(SetupStep.ORGANISATION)


def _calendar(state: WizardState) -> None:
    is_new = state.step is SetupStep.CALENDAR
    usual = Calendar.JALALI if state.language is Language.FA else Calendar.GREGORIAN
    calendar = forms.pick(f"{KEY}.cal.calendar", t("setup.calendar"), list(Calendar),
                          value=usual if is_new else state.calendar,
                          shown=lambda one: t(f"setup.calendar.{one}"))  # fmt: skip
    place = _time.draw(f"{KEY}.cal", zone=state.time_zone, country=state.country,
                       weekend=state.weekend, hours=state.hours)  # fmt: skip
    if not _wizard.bar(SetupStep.CALENDAR):
        return
    given = CalendarInput(calendar=calendar or state.calendar, time_zone=place.time_zone,
                          country=place.country, weekend=place.weekend,
                          hours=place.hours)  # fmt: skip
    if actions.attempt(wizard.save_calendar, given=given, toast=""):
        _wizard.go_on(SetupStep.CALENDAR)


def _administrator(state: WizardState) -> None:
    if state.administrator:
        note(t("setup.administrator.is", name=state.administrator), tone="good")
        if _wizard.bar(SetupStep.ADMINISTRATOR):
            _wizard.go_on(SetupStep.ADMINISTRATOR)
        return
    given = AdministratorInput(
        name=forms.text(f"{KEY}.adm.name", t("setup.your_name")),
        email=forms.text(f"{KEY}.adm.email", t("setup.your_email"), kind="email",
                         example="name@example.com", hint=t("setup.your_email.hint")),
        login=forms.text(f"{KEY}.adm.login", t("setup.login"), hint=t("setup.login.hint"),
                         autocomplete="username"),
        password=forms.text(f"{KEY}.adm.password", t("setup.password"), kind="password",
                            hint=t("setup.password.hint")),
    )  # fmt: skip
    if not _wizard.bar(SetupStep.ADMINISTRATOR, t("setup.administrator.create")):
        return
    spoken = language()
    if actions.attempt(wizard.create_administrator, given=given, toast="setup.administrator.done"):
        if spoken is not state.language:
            actions.attempt(choose_language, language=spoken, toast="")
        _wizard.go_on(SetupStep.ADMINISTRATOR)


def _sender(state: WizardState) -> None:
    known = "" if state.sender_address.endswith(MADE_UP) else state.sender_address
    name = forms.text(f"{KEY}.snd.name", t("setup.sender.name"), value=state.sender_name)
    address = forms.text(f"{KEY}.snd.address", t("setup.sender.address"), value=known,
                         kind="email", example="info@example.com",
                         hint=t("setup.sender.address.hint"))  # fmt: skip
    has_server = forms.switch(f"{KEY}.snd.server", t("setup.sender.server"),
                              value=state.transport_id is not None,
                              hint=t("setup.sender.server.hint"))  # fmt: skip
    server = None
    if has_server:
        line = next((one for one in actions.ask(list_transports)), None)
        with st.container(border=True):
            server = _server.draw(f"{KEY}.snd", line)
    if not _wizard.bar(SetupStep.SENDER):
        return
    if actions.attempt(wizard.save_sender, name=name, address=address, toast="") and (
        server is None
        or actions.attempt(wizard.save_transport, given=server, fields=_server.FIELDS, toast="")
    ):
        _wizard.go_on(SetupStep.SENDER)


def _practice(_state: WizardState) -> None:
    wanted = forms.switch(f"{KEY}.pra.load", t("setup.practice"), value=False,
                          hint=t("setup.practice.hint"))  # fmt: skip
    if not _wizard.bar(SetupStep.PRACTICE, t("setup.finish")):
        return
    with st.spinner(t("settings.practice.loading" if wanted else "setup.finishing")):
        is_ready = not wanted or actions.attempt(practice.load_for, toast="")
        is_over = is_ready and actions.attempt(wizard.finish, toast="setup.finished")
    if is_over:
        st.session_state.pop(_wizard.AT, None)
        st.switch_page("home.py")


DRAW = {
    SetupStep.ORGANISATION: _organisation,
    SetupStep.CALENDAR: _calendar,
    SetupStep.ADMINISTRATOR: _administrator,
    SetupStep.SENDER: _sender,
    SetupStep.PRACTICE: _practice,
}

auth.required()
state = actions.ask(wizard.state)
page.header(KEY)
step = _wizard.open_step(state.step)
number, total = _wizard.STEPS.index(step) + 1, len(_wizard.STEPS)
with page.column():
    st.progress(number / total, plain(t("setup.step", number=number, total=total)))
    page.section(f"setup.step.{step}")
    st.caption(t(f"setup.step.{step}.hint"))
    DRAW[step](state)
