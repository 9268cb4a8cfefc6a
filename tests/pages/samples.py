"""Pieces of interface to be run on their own by the tests beside this file."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import streamlit as st

from components import (
    charts,
    dates,
    explain,
    failure,
    forms,
    i18n,
    progress,
    strip,
    tables,
    tiles,
)
from components.tables import Action, Cell, Column, Row
from core.i18n.terms import Calendar, Language, Reader
from core.jobs.terms import JobState
from core.messages.terms import Outcome, Reason


def count() -> None:
    st.session_state["seen"] = forms.count("item.count", "تعداد", value=12)


def day(calendar: str, language: str) -> None:
    i18n.remember(Reader(Language(language), Calendar(calendar), "Asia/Tehran"))
    st.session_state["seen"] = dates.date_field(
        "job.day", "روز", value=date(2026, 4, 2), earliest=date(2026, 1, 1)
    )


def hour() -> None:
    st.session_state["seen"] = dates.time_field("job.at", "ساعت")


def stock() -> None:
    rows = [
        Row(
            id=str(number),
            cells={"name": f"کالای {number}", "left": number * 1000,
                   "state": Cell("کم", tone="warning")},
            actions=(Action("edit", "ویرایش"),),
        )
        for number in range(3)
    ]  # fmt: skip
    columns = [
        Column("name", "کالا", sorts=True),
        Column("left", "مانده", "number"),
        Column("state", "وضعیت"),
    ]
    st.session_state["seen"] = tables.show("stock", columns, rows, label="کالاها", opens=True)
    page = tables.sheet("stock", 120)
    st.session_state["offset"] = page.offset
    tables.foot(page)


def six_tiles() -> None:
    tiles.show([tiles.Tile(label=str(number), value=number) for number in range(6)])


def fewer() -> None:
    tiles.show([tiles.Tile(label="کم", value=1234, change=-3, better="less", unit="کالا")])


def verdict(language: str) -> None:
    i18n.remember(Reader(Language(language), Calendar.GREGORIAN, "Asia/Tehran"))
    until = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
    explain.verdict(Outcome.POSTPONE, Reason.QUIET_HOURS, at=until, until=until)
    explain.checklist(
        [
            {"name": "address", "passed": True, "values": {"address": "<b>@example.com"}},
            {"name": "consent", "passed": None, "values": {}},
            {
                "name": "cap",
                "passed": False,
                "values": {"rule": "Daily", "limit": 1, "used": 1, "until": until.isoformat()},
            },
            {"name": "weather", "passed": False, "values": {"inside": 1}},
        ]
    )


def work(state: str) -> None:
    job = SimpleNamespace(state=JobState(state), done_count=40, total_count=160,
                          refused_count=12, started_at=None, error_code="")  # fmt: skip
    refused = progress.Refused(file_name="refused.csv", make=lambda: b"")
    progress.watch("job", lambda: job, refused=refused)


def broken() -> None:
    assert failure.show(RuntimeError("SELECT secret FROM user"))


def bars() -> None:
    points = [charts.Point(name="خوشامد", value=42), charts.Point(name="یادآور", value=7)]
    charts.bars("mail.bars", "کدام ایمیل باز شد؟", points, measure="نفر")


def line_of_nothing() -> None:
    charts.line("stock.line", "موجودی چه شد؟", [charts.Point(name="امروز", value=0)], measure="عدد")


def days() -> None:
    entry = strip.Entry(text="ایمیل <خوشامد>", note="از جمعه جابه‌جا شد", tone="warning")
    strip.days(
        [
            strip.Day(day=date(2026, 11, 20), off="آخر هفته"),
            strip.Day(day=date(2026, 11, 21), entries=[entry]),
        ],
        today=date(2026, 11, 21),
        label="روزها",
    )


def erase() -> None:
    st.session_state["seen"] = forms.confirmed(
        "item", warning="۱۲۸ کالا برای همیشه پاک می‌شود.", word="پاک", label="پاک کردن"
    )


def versions() -> None:
    mine, theirs = {"نام": "کارتن", "حد": "۱۰"}, {"نام": "کارتن", "حد": "۲۰"}
    st.session_state["seen"] = forms.choose_version("item", mine=mine, theirs=theirs)
