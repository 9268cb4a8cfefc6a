"""The words of the interface: fields, dates, tables, tiles, verdicts, progress."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from components import takeout
from components.i18n import plain
from components.tables import Cell, Column, Row
from core.access.terms import Permission, Role
from core.consent.terms import ConsentState, SuppressionReason
from core.contacts.terms import ContactStatus
from core.i18n.catalog import codes, messages, translate
from core.i18n.terms import Calendar, Language
from core.jobs.export_file import ExportFormat
from core.messages.terms import Reason
from core.templates.terms import MessageClass
from tests.support.page import press, table, texts

CHECKS = ("recipient", "address", "suppression", "consent", "exclusion", "approval", "duplicate",
          "data", "ticket_hold", "recall", "expiry", "quiet_hours", "holiday", "cap", "speed",
          "render", "smtp")  # fmt: skip
LANGUAGES = list(Language)


def sample(name: str, **kwargs: str) -> AppTest:
    """Return one of the pieces in `samples`, not run yet."""
    script = f"from tests.pages import samples\n\nsamples.{name}(**{kwargs!r})\n"
    return AppTest.from_string(script, default_timeout=30)


def drawn(name: str, **kwargs: str) -> AppTest:
    """Return one of the pieces in `samples` as it is drawn."""
    return sample(name, **kwargs).run()


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
    page = drawn("count")
    assert page.text_input(key="item.count").value == "۱۲"
    page.text_input(key="item.count").set_value(typed).run()
    assert page.session_state["seen"] == count
    said = texts(page)
    assert ("ch-field-error" in said) == bool(code)
    if code:
        assert beginning(code) in said


def beginning(code: str) -> str:
    """Return the words of a message before its first parameter."""
    return messages(Language.FA)[code].forms[0].split("{")[0]


def test_a_refusal_goes_away_once_the_field_is_right() -> None:
    page = drawn("count")
    page.text_input(key="item.count").set_value("-4").run()
    page.text_input(key="item.count").set_value("4").run()
    assert "ch-field-error" not in texts(page)


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
    page = drawn("day", calendar=calendar.value, language=language.value)
    assert page.text_input(key="job.day").value == shown
    page.text_input(key="job.day").set_value(typed).run()
    assert page.session_state["seen"].isoformat() == "2026-11-21"


def test_the_other_calendar_stands_below_the_day() -> None:
    page = drawn("day", calendar="jalali", language="fa")
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
    page = drawn("day", calendar="jalali", language="fa")
    page.text_input(key="job.day").set_value(typed).run()
    assert page.session_state["seen"] is None
    assert beginning(code) in texts(page)


def test_a_day_picked_from_the_month_is_written_into_the_field() -> None:
    page = drawn("day", calendar="jalali", language="fa")
    page.session_state["job.day.open"] = True
    page.run()
    press(page, "job.day.month", "pick", "2026-04-20")
    assert page.text_input(key="job.day").value == "۱۴۰۵/۰۱/۳۱"
    assert page.session_state["seen"].isoformat() == "2026-04-20"
    assert not page.get("bidi_component")


def test_the_month_can_be_turned() -> None:
    page = drawn("day", calendar="jalali", language="fa")
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
    page = drawn("hour")
    page.text_input(key="job.at").set_value(typed).run()
    seen = page.session_state["seen"]
    assert (seen.isoformat("minutes") if seen else "") == shown


def test_a_table_shows_numbers_in_the_digits_of_the_language() -> None:
    assert table(drawn("stock"), "stock")[2] == {
        "id": "2",
        "name": "کالای 2",
        "left": "۲٬۰۰۰",
        "state": "کم",
    }


def test_a_table_says_what_was_pressed_and_only_once() -> None:
    page = drawn("stock")
    press(page, "stock", "act", {"id": "1", "action": "edit"})
    seen = page.session_state["seen"]
    assert (seen.acted, seen.action) == ("1", "edit")
    page.run()
    assert page.session_state["seen"].acted is None


def test_the_address_opens_a_row_once() -> None:
    page = sample("stock")
    page.query_params["open"] = "2"
    page.run()
    assert page.session_state["seen"].opened == "2"
    page.run()
    assert page.session_state["seen"].opened is None


def test_an_address_that_names_no_row_opens_nothing() -> None:
    page = sample("stock")
    page.query_params["open"] = "77"
    page.run()
    assert page.session_state["seen"].opened is None


def test_a_list_that_became_shorter_falls_back_to_its_last_page() -> None:
    page = sample("stock")
    page.session_state["stock.page"] = 9
    page.run()
    assert page.session_state["offset"] == 100


def test_a_file_says_exactly_what_a_cell_shows_in_short() -> None:
    columns = [Column("name", "نام", note="کد"), Column("left", "مانده", "number"),
               Column("at", "زمان"), Column("word", "واژه", note="یادداشت")]  # fmt: skip
    row = Row(id="1", cells={"name": Cell("کارتن", note="A-1"), "left": Cell("۱۲", value=12),
                             "at": Cell("دیروز", hover="۳۰ آبان"), "word": "ساده"})  # fmt: skip
    made = takeout._file(ExportFormat.CSV, columns, lambda: [row], name="x").decode("utf-8-sig")
    assert made.splitlines() == ["نام,کد,مانده,زمان,واژه,یادداشت", "کارتن,A-1,12,۳۰ آبان,ساده,"]


def test_more_than_five_tiles_are_refused() -> None:
    assert drawn("six_tiles").exception


def test_less_of_something_bad_is_good_news() -> None:
    [metric] = drawn("fewer").metric
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


@pytest.mark.spec("N12")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_a_list_of_checks_in_words_with_their_values(language: Language) -> None:
    said = texts(drawn("verdict", language=language.value))
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
    page = drawn("work", state=state)
    said = texts(page)
    if code:
        assert translate(Language.FA, code) in said
    if state == "running":
        assert page.get("progress")[0].proto.value == 25
    if state == "done":
        assert "۲۸" in said
        assert "۱۲" in said


def test_an_error_nobody_expected_is_said_with_a_reference_and_no_traceback() -> None:
    said = texts(drawn("broken"))
    assert translate(Language.FA, "frame.failure.title") in said
    assert "SELECT" not in said
    assert re.search(r"[0-9A-F]{8}", said)


def test_a_chart_carries_its_figures_and_a_table_behind_it() -> None:
    page = drawn("bars")
    [chart] = page.get("echarts_chart")
    assert "۴۲" in chart.proto.spec.encode().decode("unicode_escape")
    assert "<td" in texts(page)
    assert "۴۲" in texts(page)


def test_a_chart_of_nothing_says_so() -> None:
    page = drawn("line_of_nothing")
    assert not page.get("echarts_chart")
    assert translate(Language.FA, "frame.chart.nothing") in texts(page)


def test_a_strip_marks_free_days_today_and_what_was_moved() -> None:
    said = texts(drawn("days"))
    assert "ch-off" in said
    assert "ch-today" in said
    assert "۳۰ آبان" in said
    assert "&lt;خوشامد&gt;" in said


def test_what_cannot_be_undone_asks_for_a_word() -> None:
    page = drawn("erase")
    assert page.button(key="item.confirm").disabled
    page.text_input(key="item.word").set_value("پاک").run()
    page.button(key="item.confirm").click().run()
    assert page.session_state["seen"] is True


def test_two_versions_show_only_what_differs() -> None:
    page = drawn("versions")
    assert "۲۰" in texts(page)
    assert "کارتن" not in texts(page)
    page.button(key="item.mine").click().run()
    assert page.session_state["seen"] == "mine"
