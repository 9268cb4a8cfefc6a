"""Welcome: every mail and task of the first days on a strip, and the welcome mail itself."""

from datetime import date, time, timedelta

import streamlit as st

from components import actions, auth, dates, direction, empty, forms, page, strip
from components.html import Tone, note
from components.i18n import day, hour, language, moment, reader, t
from core import clock
from core.access.terms import Permission
from core.i18n import formats
from core.people import onboarding, service
from core.people.figures import names
from core.people.terms import StripDay, StripEntry, StripState, WelcomeInput
from core.templates import service as templates
from core.templates.shipped import name_in

KEY = "welcome"
DAYS, STEP, LEAD = 14, timedelta(days=14), timedelta(days=1)
EVERYBODY = 0
TONES: dict[StripState, Tone] = {
    StripState.SENT: "good",
    StripState.DONE: "good",
    StripState.HELD: "warning",
    StripState.OVERDUE: "danger",
    StripState.NOT_SENT: "danger",
    StripState.IN_DOUBT: "warning",
    StripState.PLANNED: "notice",
}


def _strip(employee_id: int) -> None:
    today = formats.local(clock.now(), reader()).date()
    place = f"{KEY}.from.{employee_id}"
    start: date = st.session_state.setdefault(place, _first_day(employee_id, today))
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, icon, by in (("before", _back(), -STEP), ("after", direction.onward(), STEP)):
            if st.button(t(f"welcome.{name}"), key=f"{KEY}.{name}", icon=icon):
                st.session_state[place] = start + by
                st.rerun()
    found = actions.ask(onboarding.strip, from_day=start, days=DAYS,
                        employee_id=employee_id or None, now=clock.now())  # fmt: skip
    shown = [_day(one, with_names=not employee_id) for one in found]
    strip.days(shown, today=today, label=t("welcome.strip"))
    if not any(one.entries for one in found):
        st.caption(t("strip.empty"))


def _first_day(employee_id: int, today: date) -> date:
    """Return where the strip begins: just before somebody's first day, for all of them today."""
    if not employee_id:
        return today - LEAD
    line = actions.ask(service.read_employee, employee_id=employee_id)
    return (line.start_date or today) - LEAD


def _back() -> str:
    return ":material/arrow_forward:" if direction.side() == "rtl" else ":material/arrow_back:"


def _day(found: StripDay, *, with_names: bool) -> strip.Day:
    holiday = found.holiday.get(language().value, "")
    off = holiday or ("" if found.is_working else t("welcome.weekend"))
    entries = [_entry(one, with_names=with_names) for one in found.entries]
    return strip.Day(day=found.day, entries=entries, off=off)


def _entry(one: StripEntry, *, with_names: bool) -> strip.Entry:
    title = one.titles.get(language().value) or next(iter(one.titles.values()), "")
    small = [hour(one.local_time), t(f"strip.state.{one.state}")]
    if one.moved_from is not None:
        small.append(t("strip.moved", date=day(one.moved_from)))
    name = f"{one.employee_name}: {title}" if with_names else title
    return strip.Entry(text=name, note=" · ".join(small), tone=TONES.get(one.state, "muted"))


def _mail(employee_id: int) -> None:
    """Draw the template, the mail as this employee will see it, and when it leaves."""
    page.section("welcome.mail")
    found = actions.ask(templates.list_templates, purpose="welcome")
    known = {one.id: name_in(one, language()) for one in found}
    writing, seeing = st.columns([2, 3], gap="large")
    with writing:
        first = next(iter(known), None)
        chosen = forms.pick(f"{KEY}.template", t("welcome.template"), list(known), value=first,
                            shown=lambda one: known[one])  # fmt: skip
        if chosen is None:
            return
        _, version = actions.ask(templates.read_template, template_id=chosen)
        _when(employee_id, version.id)
    with seeing:
        mail = actions.ask(onboarding.preview_welcome, employee_id=employee_id,
                           template_version_id=version.id)  # fmt: skip
        st.caption(t("welcome.preview", language=mail.language.own_name, subject=mail.subject))
        st.iframe(f"/preview/welcome/{employee_id}/{version.id}", height=480)


def _when(employee_id: int, version_id: int) -> None:
    if not auth.may(who, Permission.EMPLOYEE_SEND):
        note(t("welcome.may_not_send"), tone="muted")
        return
    when = st.segmented_control(t("welcome.when"), ("now", "later"), default="now",
                                format_func=lambda one: t(f"welcome.when.{one}"),
                                key=f"{KEY}.when", label_visibility="collapsed")  # fmt: skip
    if when != "later":
        given = WelcomeInput(employee_id=employee_id, template_version_id=version_id)
        if forms.save_bar(f"{KEY}.send", label=t("welcome.send_now")) and actions.attempt(
            onboarding.send_welcome_now, welcome=given, toast="welcome.queued"
        ):
            st.rerun()
        return
    chosen = dates.date_field(f"{KEY}.day", t("welcome.day"), earliest=date.min)
    at = dates.time_field(f"{KEY}.at", t("welcome.at"), value=time(9), hint=t("welcome.at.hint"))
    ready = chosen is not None and at is not None
    if forms.save_bar(f"{KEY}.plan", label=t("welcome.schedule"), ready=ready):
        typed = chosen.isoformat() if chosen else ""
        given = WelcomeInput(employee_id=employee_id, template_version_id=version_id, day=typed,
                             at=at or time(9))  # fmt: skip
        placed = actions.perform(onboarding.schedule_welcome, welcome=given, toast="")
        if placed is not None:
            actions.say(t("welcome.scheduled", moment=moment(placed.utc)))
            st.rerun()


who = auth.required()
page.header(KEY)
people = {EVERYBODY: t("welcome.everybody"), **actions.ask(names)}
if len(people) == 1:
    empty.show(KEY, key=KEY)
    st.stop()
wanted = st.session_state.pop("welcome.employee", None)
if wanted is not None:
    st.session_state[f"{KEY}.who"] = wanted
chosen_id = st.selectbox(t("welcome.who"), list(people), format_func=lambda one: people[one],
                         key=f"{KEY}.who", width=360)  # fmt: skip
_strip(chosen_id)
if chosen_id:
    _mail(chosen_id)
