"""The words of the interface: fields, dates, tables, tiles, verdicts, progress."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import tables
from components.i18n import plain
from components.tables import Cell, Column, Row
from core.access.terms import Permission, Role
from core.consent.terms import ConsentState, SuppressionReason
from core.contacts.terms import ContactStatus
from core.i18n.catalog import codes, messages, translate
from core.i18n.terms import Calendar, Language
from core.messages.terms import Reason
from core.templates.terms import MessageClass
from tests.support.page import press, table, texts

CHECKS = ("recipient", "address", "suppression", "consent", "exclusion", "approval", "duplicate",
          "data", "ticket_hold", "recall", "expiry", "quiet_hours", "holiday", "cap", "speed",
          "render", "smtp")  # fmt: skip
LANGUAGES = list(Language)


def drawn(script: Callable[..., None], **kwargs: Any) -> AppTest:
    """Run a piece of interface on its own, as a Persian reader unless `language` says otherwise."""
    page = AppTest.from_function(script, kwargs=kwargs, default_timeout=30)
    return page.run()


def count_script() -> None:
    import streamlit as st

    from components import forms

    st.session_state["seen"] = forms.count("item.count", "تعداد", value=12)


@pytest.mark.parametrize(
    ("typed", "count", "code"),
    [
        ("۱۲", 12, ""),
        ("1,200", 1200, ""),
        ("٦", 6, ""),
        ("-4", None, "number.negative"),
        ("2.5", None, "number.not_whole"),
        ("دوازده", None, "number.invalid"),
        ("", None, ""),
    ],
)
def test_a_count_is_read_in_any_digits_and_refused_at_its_field(
    typed: str, count: int | None, code: str
) -> None:
    page = drawn(count_script)
    assert page.text_input(key="item.count").value == "۱۲"
    page.text_input(key="item.count").set_value(typed).run()
    assert page.session_state["seen"] == count
    said = texts(page)
    assert ("ch-field-error" in said) == bool(code)
    if code:
        assert translate(Language.FA, code) in said


def test_a_refusal_goes_away_once_the_field_is_right() -> None:
    page = drawn(count_script)
    page.text_input(key="item.count").set_value("-4").run()
    page.text_input(key="item.count").set_value("4").run()
    assert "ch-field-error" not in texts(page)


def date_script(calendar: str, language: str) -> None:
    from datetime import date

    import streamlit as st

    from components import dates, i18n
    from core.i18n.terms import Calendar, Language, Reader

    i18n.remember(Reader(Language(language), Calendar(calendar), "Asia/Tehran"))
    st.session_state["seen"] = dates.date_field(
        "job.day", "روز", value=date(2026, 4, 2), earliest=date(2026, 1, 1)
    )


@pytest.mark.parametrize(
    ("calendar", "language", "shown", "typed"),
    [
        (Calendar.JALALI, Language.FA, "۱۴۰۵/۰۱/۱۳", "۱۴۰۵/۰۸/۳۰"),
        (Calendar.GREGORIAN, Language.EN, "2026-04-02", "2026-11-21"),
        (Calendar.GREGORIAN, Language.AR, "٢٠٢٦/٠٤/٠٢", "٢٠٢٦/١١/٢١"),
    ],
)
def test_a_day_is_typed_in_the_calendar_of_the_person(
    calendar: Calendar, language: Language, shown: str, typed: str
) -> None:
    page = drawn(date_script, calendar=calendar.value, language=language.value)
    assert page.text_input(key="job.day").value == shown
    page.text_input(key="job.day").set_value(typed).run()
    assert page.session_state["seen"].isoformat() == "2026-11-21"


def test_the_other_calendar_stands_below_the_day() -> None:
    page = drawn(date_script, calendar="jalali", language="fa")
    assert "۲ آوریل ۲۰۲۶" in texts(page)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("۱۴۰۴/۱۲/۳۰", "date.no_such_day"),
        ("2026-04-02", "date.looks_gregorian"),
        ("۱۴۰۴/۰۱/۰۱", "date.too_early"),
        ("فردا", "date.invalid"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_the_way_out(typed: str, code: str) -> None:
    page = drawn(date_script, calendar="jalali", language="fa")
    page.text_input(key="job.day").set_value(typed).run()
    assert page.session_state["seen"] is None
    start = messages(Language.FA)[code].forms[0].split("{")[0]
    assert start in texts(page)


def test_a_day_picked_from_the_month_is_written_into_the_field() -> None:
    page = drawn(date_script, calendar="jalali", language="fa")
    page.session_state["job.day.open"] = True
    page.run()
    press(page, "job.day.month", "pick", "2026-04-20")
    assert page.text_input(key="job.day").value == "۱۴۰۵/۰۱/۳۱"
    assert page.session_state["seen"].isoformat() == "2026-04-20"
    assert not page.get("bidi_component")


def test_the_month_can_be_turned() -> None:
    page = drawn(date_script, calendar="jalali", language="fa")
    page.session_state["job.day.open"] = True
    page.run()
    assert "فروردین ۱۴۰۵" in page.get("bidi_component")[0].proto.json.encode().decode(
        "unicode_escape"
    )
    press(page, "job.day.month", "turn", -1)
    assert "اسفند ۱۴۰۴" in page.get("bidi_component")[0].proto.json.encode().decode(
        "unicode_escape"
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("۸", "08:00"), ("8:5", "08:05"), ("۲۳:۵۹", "23:59"), ("24:00", ""), ("صبح", "")],
)
def test_an_hour_is_read_in_any_digits(typed: str, shown: str) -> None:
    def script() -> None:
        import streamlit as st

        from components import dates

        st.session_state["seen"] = dates.time_field("job.at", "ساعت")

    page = drawn(script)
    page.text_input(key="job.at").set_value(typed).run()
    seen = page.session_state["seen"]
    assert (seen.isoformat("minutes") if seen else "") == shown


def table_script() -> None:
    import streamlit as st

    from components import tables
    from components.tables import Action, Cell, Column, Row

    rows = [Row(id=str(number), cells={"name": f"کالای {number}", "left": number * 1000,
                                       "state": Cell("کم", tone="warning")},
                actions=(Action("edit", "ویرایش"),)) for number in range(3)]  # fmt: skip
    columns = [Column("name", "کالا", sorts=True), Column("left", "مانده", "number"),
               Column("state", "وضعیت")]  # fmt: skip
    st.session_state["seen"] = tables.show("stock", columns, rows, label="کالاها", opens=True)
    page = tables.sheet("stock", 120)
    st.session_state["offset"] = page.offset
    tables.foot(page)


def test_a_table_shows_numbers_in_the_digits_of_the_language() -> None:
    assert table(drawn(table_script), "stock")[2] == {
        "id": "2",
        "name": "کالای 2",
        "left": "۲٬۰۰۰",
        "state": "کم",
    }


def test_a_table_says_what_was_pressed_and_only_once() -> None:
    page = drawn(table_script)
    press(page, "stock", "act", {"id": "1", "action": "edit"})
    seen = page.session_state["seen"]
    assert (seen.acted, seen.action) == ("1", "edit")
    page.run()
    assert page.session_state["seen"].acted is None


def test_the_address_opens_a_row_once() -> None:
    page = AppTest.from_function(table_script, default_timeout=30)
    page.query_params["open"] = "2"
    page.run()
    assert page.session_state["seen"].opened == "2"
    page.run()
    assert page.session_state["seen"].opened is None


def test_an_address_that_names_no_row_opens_nothing() -> None:
    page = AppTest.from_function(table_script, default_timeout=30)
    page.query_params["open"] = "77"
    page.run()
    assert page.session_state["seen"].opened is None


def test_a_list_that_became_shorter_falls_back_to_its_last_page() -> None:
    page = AppTest.from_function(table_script, default_timeout=30)
    page.session_state["stock.page"] = 9
    page.run()
    assert page.session_state["offset"] == 100


@pytest.mark.parametrize("text", ["=1+1", "+98", "-5", "@x", "\tx"])
def test_no_cell_of_a_download_can_act_as_a_formula(text: str) -> None:
    made = tables._csv([Column("name", "نام")], [Row(id="1", cells={"name": Cell(text)})])
    assert made.startswith(b"\xef\xbb\xbf")
    assert f"'{text}" in made.decode("utf-8-sig")


def test_more_than_five_tiles_are_refused() -> None:
    def script() -> None:
        from components import tiles

        tiles.show([tiles.Tile(label=str(number), value=number) for number in range(6)])

    assert drawn(script).exception


def test_less_of_something_bad_is_good_news() -> None:
    def script() -> None:
        from components import tiles

        tiles.show([tiles.Tile(label="کم", value=1234, change=-3, better="less", unit="کالا")])

    [metric] = drawn(script).metric
    assert metric.value == "۱٬۲۳۴ کالا"
    assert metric.delta == "۳ کمتر"
    assert metric.proto.color == metric.proto.GREEN


@pytest.mark.parametrize("text", ["[x](http://evil.example)", ":red[x]", "# x", "a_b*c", "$x$"])
def test_what_people_typed_cannot_become_a_link_or_a_colour(text: str) -> None:
    assert re.sub(r"\\(.)", r"\1", plain(text)) == text
    assert all(f"\\{sign}" in plain(text) for sign in set(text) & set("[](){}:#_*$"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_check_has_words(language: Language) -> None:
    wanted = {f"reason.{reason}" for reason in Reason}
    wanted |= {f"reason.{reason}.long" for reason in Reason}
    wanted |= {f"check.{name}.{state}" for name in CHECKS
               for state in ("passed", "failed", "skipped")}  # fmt: skip
    wanted |= {f"explain.value.suppression.{one}" for one in SuppressionReason}
    wanted |= {f"explain.value.passed_over.{one}" for one in SuppressionReason}
    wanted |= {f"explain.value.state.{one}" for one in ConsentState}
    wanted |= {f"explain.value.status.{one}" for one in ContactStatus}
    wanted |= {f"explain.value.exempt.{one}" for one in MessageClass}
    wanted |= {f"frame.role.{role}" for role in Role}
    wanted |= {f"frame.right.{permission}" for permission in Permission}
    assert wanted <= codes(language)


def explain_script(language: str) -> None:
    from datetime import UTC, datetime

    from components import explain, i18n
    from core.i18n.terms import Calendar, Language, Reader
    from core.messages.terms import Outcome, Reason

    i18n.remember(Reader(Language(language), Calendar.GREGORIAN, "Asia/Tehran"))
    until = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
    explain.verdict(Outcome.POSTPONE, Reason.QUIET_HOURS, at=until, until=until)
    explain.checklist(
        [
            {"name": "address", "passed": True, "values": {"address": "<b>@example.com"}},
            {"name": "consent", "passed": None, "values": {}},
            {"name": "cap", "passed": False,
             "values": {"rule": "Daily", "limit": 1, "used": 1, "until": until.isoformat()}},
            {"name": "weather", "passed": False, "values": {"inside": 1}},
        ]
    )  # fmt: skip


@pytest.mark.spec("N12")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_a_list_of_checks_in_words_with_their_values(language: Language) -> None:
    said = texts(drawn(explain_script, language=language.value))
    assert translate(language, "reason.quiet_hours") in said
    assert translate(language, "check.cap.failed") in said
    assert "&lt;b&gt;@example.com" in said
    assert "<b>@example.com" not in said
    assert not re.search(r"\{\w+\}", said)
    local = {Language.FA: "۰۸:۰۰", Language.AR: "٠٨:٠٠", Language.EN: "08:00"}[language]
    assert local in said


@pytest.mark.parametrize(
    ("state", "code"),
    [("running", "frame.progress.leave"), ("done", ""), ("failed", "frame.progress.failed")],
)
def test_work_shows_how_far_it_is_and_how_it_ended(state: str, code: str) -> None:
    def script(state: str) -> None:
        from types import SimpleNamespace

        from components import progress
        from core.jobs.terms import JobState

        work = SimpleNamespace(state=JobState(state), done_count=40, total_count=160,
                               refused_count=12, started_at=None, error_code="")  # fmt: skip
        refused = progress.Refused(file_name="refused.csv", make=lambda: b"")
        progress.watch("job", lambda: work, refused=refused)

    page = drawn(script, state=state)
    said = texts(page)
    if code:
        assert translate(Language.FA, code) in said
    if state == "running":
        assert page.get("progress")[0].proto.value == 25
    if state == "done":
        assert "۲۸" in said
        assert "۱۲" in said


def test_an_error_nobody_expected_is_said_with_a_reference_and_no_traceback() -> None:
    def script() -> None:
        from components import failure

        assert failure.show(RuntimeError("SELECT secret FROM user"))

    said = texts(drawn(script))
    assert translate(Language.FA, "frame.failure.title") in said
    assert "SELECT" not in said
    assert re.search(r"[0-9A-F]{8}", said)
