"""Employees from a spreadsheet: pasted or as a file, in three languages, with its bad rows."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, select

from core import clock
from core.access.terms import DepartmentKind, Permission, Role
from core.contacts.addresses import parse_address
from core.contacts.models import Contact, ContactIdentity
from core.db import reading, transaction
from core.errors import Forbidden, Invalid
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, Language
from core.jobs import runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.feed import job_of
from core.jobs.models import Job, RefusedRow
from core.jobs.terms import PAGE_LIMITS, Draft, JobKind, JobState, Plan, Run
from core.people import employee_import, onboarding, service, steps
from core.people.headings import FIELDS
from core.people.models import Employee, OnboardingItem
from core.people.sheet import MAX_PASTE_ROWS, guess_columns, has_header, headed_columns, read_pasted
from core.people.terms import EmployeeLine, Intake, PastDue, PasteInput, PastePreview
from core.templates import queries as templates
from tests.support.cast import (
    NOON,
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
HEAD = "نام\tنام خانوادگی\tایمیل\tتاریخ شروع\n"


@pytest.fixture
def house(store: str) -> str:
    with transaction() as session:
        make_organisation(session)
        steps.ensure_default_steps(session, now=NOON)
    return store


def pasted(text: str, calendar: Calendar = Calendar.JALALI, **more: object) -> PasteInput:
    return PasteInput(text=text, calendar=calendar, **more)  # type: ignore[arg-type]


def preview(text: str, **more: object) -> PastePreview:
    with reading() as session:
        return service.preview_paste(session, ADMIN, paste=pasted(text, **more))  # type: ignore[arg-type]


def take(text: str, **more: object) -> Intake:
    with transaction() as session:
        paste = pasted(text, **more)  # type: ignore[arg-type]
        return service.import_paste(session, ADMIN, paste=paste, now=NOON)


def everybody() -> list[EmployeeLine]:
    with reading() as session:
        found = service.list_employees(session, ADMIN)
        return sorted(found, key=lambda line: line.id)


def faults(text: str, **more: object) -> list[tuple[int, str, str]]:
    rows = preview(text, **more).rows
    return [(row.draft.line, one.field, one.code) for row in rows for one in row.faults]


# Understanding a table


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a\tb\nc\td", [("a", "b"), ("c", "d")]),
        ("a,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
        ("a;b;c\n\n d ; e ; f \n", [("a", "b", "c"), ("d", "e", "f")]),
        ("نام، ایمیل\nسارا، a@b.co", [("نام", "ایمیل"), ("سارا", "a@b.co")]),
        ('a\t"x\ty"\n', [("a", "x\ty")]),
        ('"Ahmadi, Sara",a@b.co', [("Ahmadi, Sara", "a@b.co")]),
        ("alone", [("alone",)]),
    ],
)
def test_pasted_text_is_cut_into_rows(text: str, *, cells: list[tuple[str, ...]]) -> None:
    assert [row.cells for row in read_pasted(text)] == cells


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n\t\n", "paste.empty"),
        ("a\n" * (MAX_PASTE_ROWS + 2), "paste.too_long"),
        ("a\t" * 100, "paste.not_a_table"),
        ("x" * 3_000_000, "paste.too_long"),
    ],
)
def test_what_is_no_table_is_refused_at_the_field(text: str, *, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_pasted(text)
    assert (refusal.value.code, refusal.value.field) == (code, "text")


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    ("head", "mapping"),
    [
        ("نام\tنام خانوادگی\tپست الکترونیک\tتاریخ شروع به کار\tسمت",
         {"first_name": 0, "last_name": 1, "email": 2, "start_date": 3, "job_title": 4}),
        ("نام و نام خانوادگی\tکد پرسنلی\tايميل\tواحد\tمدیر\tدفتر",
         {"first_name": 0, "code": 1, "email": 2, "department": 3, "manager": 4, "office": 5}),
        ("الاسم الأول\tاسم العائلة\tالبريد الإلكتروني\tتاريخ المباشرة\tالقسم\tاللغة",
         {"first_name": 0, "last_name": 1, "email": 2, "start_date": 3, "department": 4,
          "language": 5}),
        ("Employee ID\tFirst Name\tSurname\tWork e-mail\tStart date\tManager email\tPersonal email",
         {"code": 0, "first_name": 1, "last_name": 2, "email": 3, "start_date": 4, "manager": 5,
          "private_email": 6}),
    ],
)  # fmt: skip
def test_columns_are_told_by_their_heads(house: str, head: str, *, mapping: dict[str, int]) -> None:
    width = len(mapping)
    row = "\t".join(["x"] * width)
    found = preview(f"{head}\n{row}")
    assert found.headers == tuple(head.split("\t"))
    assert found.mapping == mapping
    assert len(found.rows) == 1


def test_without_a_head_columns_are_told_by_what_stands_in_them() -> None:
    rows = read_pasted("12\tسارا\tsara@example.com\tاحمدی\t1405/09/09\tme@example.net\n"
                       "۱۳\tعلی\tali@example.com\tکریمی\t۱۴۰۵/۰۹/۱۰\t\n")  # fmt: skip
    assert not has_header(rows[0])
    assert guess_columns(rows) == {
        "code": 0,
        "first_name": 1,
        "email": 2,
        "last_name": 3,
        "start_date": 4,
        "private_email": 5,
    }


def test_a_mapping_chosen_by_hand_goes_before_the_guess(house: str) -> None:
    text = "احمدی\tسارا\tsara@example.com"
    found = preview(text, mapping={"last_name": 0, "first_name": 1, "email": 2})
    given = found.rows[0].given
    assert (given.first_name, given.last_name) == ("سارا", "احمدی")


def test_a_table_without_names_is_refused(house: str) -> None:
    with pytest.raises(Invalid, match=r"paste\.name_missing"):
        preview("ایمیل\tسمت\na@example.com\tx")


# Judging and taking rows


@pytest.mark.spec("S88", "N04")
def test_a_pasted_table_becomes_employees_with_their_first_days(house: str) -> None:
    done = take(HEAD + "سارا\tاحمدی\tsara@example.com\t۱۴۰۵/۰۹/۰۹\nعلی\tکریمی\tali@example.com\t\n")
    assert (len(done.added), done.refused) == (2, ())
    first, second = everybody()
    assert (first.name, first.email, first.start_date) == (
        "سارا احمدی",
        "sara@example.com",
        date(2026, 11, 30),
    )
    assert second.start_date is None
    with reading() as session:
        days = onboarding.strip(session, ADMIN, from_day=date(2026, 11, 20), days=60, now=NOON)
        owners = {entry.employee_name for day in days for entry in day.entries}
    assert owners == {"سارا احمدی"}


def test_one_name_column_is_cut_into_first_and_last_name(house: str) -> None:
    take("Full name,Email\nSara Ahmadi Nia,sara@example.com", calendar=Calendar.GREGORIAN)
    assert [(one.first_name, one.last_name) for one in everybody()] == [("Sara", "Ahmadi Nia")]


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    ("cell", "calendar"),
    [
        ("1405/09/09", Calendar.JALALI),
        ("2026-11-30", Calendar.JALALI),
        ("2026-11-30 00:00:00", Calendar.JALALI),
        ("1405-9-9", Calendar.GREGORIAN),
        ("٢٠٢٦/١١/٣٠", Calendar.GREGORIAN),
    ],
)
def test_the_year_tells_in_which_calendar_a_cell_is_written(
    house: str, cell: str, *, calendar: Calendar
) -> None:
    take(HEAD + f"سارا\tاحمدی\tsara@example.com\t{cell}", calendar=calendar)
    assert [one.start_date for one in everybody()] == [date(2026, 11, 30)]


@pytest.mark.spec("N04")
def test_every_fault_of_every_row_is_named_and_only_good_rows_are_taken(house: str) -> None:
    with transaction() as session:
        make_contact(session, "shopper@example.com")
    take("نام\tایمیل\tکد\nزهرا\tzahra@example.com\t7")
    text = (
        "نام\tایمیل\tکد\tتاریخ شروع\tزبان\tواحد\tمدیر\n"
        "خوب\tgood@example.com\t\t\tEnglish\tمنابع انسانی\t\n"
        "\tnoname@example.com\t\t\t\t\t\n"
        "الف\tbad@\t\t1405/12/30\tKlingon\t\t\n"
        "ب\tzahra@example.com\t\u06f7\t\t\t\t\n"
        "پ\tshopper@example.com\t\t\t\tفضا\t\n"
        "ت\tgood@EXAMPLE.com\t\t\t\t\tnobody@example.com\n"
        "ث\t\t\t\t\t\t\n"
    )
    assert faults(text) == [
        (3, "first_name", "employee.name_missing"),
        (4, "email", "address.bad_domain"),
        (4, "language", "employee.language_unknown"),
        (4, "start_date", "date.no_such_day"),
        (5, "code", "employee.code_taken"),
        (5, "email", "employee.address_known"),
        (6, "department", "employee.department_unknown"),
        (6, "email", "employee.address_taken"),
        (7, "manager", "employee.manager_unknown"),
        (7, "email", "employee.address_twice"),
        (8, "email", "employee.address_missing"),
    ]
    done = take(text)
    assert len(done.added) == 1
    assert [row.draft.line for row in done.refused] == [3, 4, 5, 6, 7, 8]
    good = everybody()[-1]
    with reading() as session:
        assert good.department_id == department_id(session, DepartmentKind.PEOPLE)
    assert good.language is Language.EN


@pytest.mark.sqlite_only("the store plays no part in it")
def test_the_reasons_can_be_said_in_all_languages(house: str) -> None:
    text = HEAD + "\tx\tbad@\t1405/12/30\nسارا\tx\ta@b.example\t1405/99/01\n"
    for row in preview(text).rows:
        for fault in row.faults:
            for language in Language:
                words = translate(language, fault.code, **fault.params)
                assert words != fault.code
                assert "{" not in words


def test_managers_may_stand_anywhere_in_the_table(house: str) -> None:
    text = (
        "name,email,code,manager,start\n"
        "Sara,sara@example.com,1,boss@example.com,2026-11-30\n"
        "Ali,ali@example.com,2,9,\n"
        "Boss,boss@example.com,9,,\n"
        "A,a@example.com,20,21,\n"
        "B,b@example.com,21,20,\n"
    )
    take(text, calendar=Calendar.GREGORIAN)
    by_name = {one.first_name: one for one in everybody()}
    boss = by_name["Boss"].id
    assert (by_name["Sara"].manager_id, by_name["Ali"].manager_id) == (boss, boss)
    circle = {by_name["A"].manager_id, by_name["B"].manager_id}
    assert None in circle  # nobody leads in a circle
    with reading() as session:
        days = onboarding.strip(
            session, ADMIN, employee_id=by_name["Sara"].id, from_day=NOON.date(), days=30, now=NOON
        )
        titles = {entry.titles["en"]: entry for day in days for entry in day.entries}
    assert titles["Note to the manager"].message_id is not None


def test_steps_already_over_follow_the_choice_for_the_whole_table(house: str) -> None:
    take(HEAD + "سارا\tx\tsara@example.com\t1405/08/27", past_due=PastDue.SEND_NOW)
    with reading() as session:
        due = session.exec(select(OnboardingItem.due_at).where(OnboardingItem.due_at == NOON)).all()
        assert len(due) == 2  # the task and the welcome


def test_a_row_taken_meanwhile_is_refused_and_the_others_come_in(house: str) -> None:
    text = HEAD + "سارا\tx\tsara@example.com\t\nعلی\tx\tali@example.com\t\n"
    assert preview(text).good_count == 2
    take(HEAD + "دیگری\tx\tsara@example.com\t")
    done = take(text)
    assert [row.faults[0].code for row in done.refused] == ["employee.address_known"]
    assert [one.first_name for one in everybody()] == ["دیگری", "علی"]


def test_pasting_is_for_those_who_may_import(house: str) -> None:
    with transaction() as session:
        viewer = actor_of(session, make_user(session, "eve", Role.VIEWER, DepartmentKind.PEOPLE))
    with reading() as session, pytest.raises(Forbidden) as refusal:
        service.preview_paste(session, viewer, paste=pasted("a,b"))
    assert refusal.value.params == {"permission": Permission.EMPLOYEE_IMPORT.value}


# Bad input of the world


def sheet_of(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t")
    writer.writerows([("first name", "last name", "email", "job title"), *rows])
    return out.getvalue()


def test_naughty_strings_as_names_are_kept_clean_or_refused_and_never_break_a_row(
    house: str, corpora: Path
) -> None:
    strings = json.loads((corpora / "attacks" / "naughty_strings.json").read_text(encoding="utf-8"))
    rows = [(text, text, f"n{n}@example.com", text) for n, text in enumerate(strings)]
    done = take(sheet_of(rows), calendar=Calendar.GREGORIAN)
    assert len(done.added) + len(done.refused) == len([row for row in rows if row[0].strip("\0")])
    codes = {fault.code for row in done.refused for fault in row.faults}
    assert codes <= {"employee.name_missing", "employee.too_long"}
    assert len(done.added) > 200
    with reading() as session:
        for contact in session.exec(select(Contact).where(Contact.source == "people")):
            for text in (contact.first_name, contact.last_name):
                assert text == " ".join(text.split())
                assert not set(text) & set("\x00\x1b\u202e\u2066\ufeff")


@pytest.mark.sqlite_only("the store plays no part in it")
def test_a_naughty_name_can_be_planned_previewed_and_found(house: str, corpora: Path) -> None:
    strings = json.loads((corpora / "attacks" / "naughty_strings.json").read_text(encoding="utf-8"))
    rows = [(text, "", f"n{n}@example.com", text) for n, text in enumerate(strings[:60])]
    done = take(sheet_of(rows), calendar=Calendar.GREGORIAN)
    with transaction() as session:
        version_id = _welcome_version(session)
        for employee_id in done.added:
            mail = onboarding.preview_welcome(
                session, ADMIN, employee_id=employee_id, template_version_id=version_id
            )
            assert "<script" not in mail.html
            assert "\n" not in mail.subject


def _welcome_version(session: Session) -> int:
    found = [one for one in steps.list_steps(session, ADMIN) if one.key == steps.WELCOME]
    template_id = found[0].template_id
    version = templates.newest_version(session, template_id or 0)
    assert version is not None
    return version.id


@pytest.mark.sqlite_only("the store plays no part in it")
def test_addresses_of_the_corpus_are_taken_or_refused_exactly_as_an_address_is(
    house: str, corpora: Path
) -> None:
    folder = corpora / "addresses"
    texts = [one["address"] for one in json.loads((folder / "isemail.json").read_text("utf-8"))]
    for name in ("flanker_valid.txt", "flanker_invalid.txt"):
        texts += (folder / name).read_text("utf-8").splitlines()
    texts = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    rows = [(f"p{n}", "", text, "") for n, text in enumerate(texts)]
    found = preview(sheet_of(rows), calendar=Calendar.GREGORIAN)
    assert len(found.rows) == len(rows)
    for row, text in zip(found.rows, texts, strict=True):
        kept = text.replace("\0", "").strip()
        codes = {fault.code for fault in row.faults}
        if _is_address(kept):
            assert codes <= {"employee.address_twice"}, text
        else:
            assert any(code.startswith(("address.", "employee.address_missing")) for code in codes)


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except Invalid:
        return False
    return True


# The job that takes a file


def draft_of(content: bytes, tmp_path: Path) -> Job:
    name = uploads.keep(io.BytesIO(content))
    sample = tables.inspect(uploads.path_of(name), PAGE_LIMITS)
    with transaction() as session:
        draft = Draft(
            kind=JobKind.IMPORT_EMPLOYEES, file_name="staff.csv", upload=name, sample=sample
        )
        return jobs.create_draft(session, ADMIN, draft=draft, now=clock.now())


def started(content: bytes, tmp_path: Path, **options: object) -> Run:
    job = draft_of(content, tmp_path)
    with reading() as session:
        headers = session.get_one(Job, job.id).options["sample"]["headers"]  # type: ignore[index]
    plan = Plan(mapping=headed_columns(headers), options=options)
    with transaction() as session:
        jobs.start(session, ADMIN, job_id=job.id, plan=plan, now=clock.now())
    with transaction() as session:
        run = runs.claim(session, job_id=job.id, now=clock.now())
    assert run is not None
    return run


def finish(run: Run) -> Job:
    with transaction() as session:
        return runs.finish(session, run, now=clock.now())


ARABIC_LETTERS = str.maketrans("یک", "يك")  # all that the old code page has
FILE = (
    (
        "کد;نام;نام خانوادگی;ایمیل;مدیر;تاریخ شروع\n"
        "1;سارا;احمدی;sara@example.com;9;1415/09/09\n"
        "2;علی;کریمی;ali@;;\n"
        "1;دوباره;x;twice@example.com;;\n"
        "9;رئیس;x;boss@example.com;;\n"
    )
    .translate(ARABIC_LETTERS)
    .encode("cp1256")
)


@pytest.mark.spec("S88", "T38")
def test_a_file_in_an_old_encoding_becomes_employees_and_a_list_of_refused_rows(
    house: str, tmp_path: Path
) -> None:
    run = started(FILE, tmp_path, calendar="jalali")
    employee_import.run(run)
    job = finish(run)
    assert (job.state, job.result["added"], job.refused_count) == (JobState.DONE, 2, 2)
    with reading() as session:
        refused = session.exec(select(RefusedRow).order_by(RefusedRow.id)).all()  # type: ignore[arg-type]
        assert [(row.line, row.code, row.params["label"]) for row in refused] == [
            (3, "address.bad_domain", "employee.email"),
            (4, "employee.code_twice", "employee.code"),
        ]
    boss = next(one for one in everybody() if one.code == "9")
    sara = next(one for one in everybody() if one.code == "1")
    assert sara.manager_id == boss.id
    assert (sara.last_name, boss.first_name) == ("احمدی", "رئیس")
    with reading() as session:
        items = session.exec(
            select(OnboardingItem).where(OnboardingItem.employee_id == sara.id)
        ).all()
        assert len(items) == len(steps.PRESETS)


def test_an_import_that_died_goes_on_and_takes_nobody_twice(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(employee_import, "ADMITTED_AT_ONCE", 10)
    rows = "".join(f"{n},Name {n},n{n}@example.com,2036-11-30\n" for n in range(45))
    run = started(("code,name,email,start date\n" + rows).encode(), tmp_path, calendar="gregorian")

    class Died(Exception):
        pass

    def die(done: int, _total: int) -> None:
        if done >= 20:
            raise Died

    job = job_of(run)
    path = uploads.path_of(job.upload)
    with pytest.raises(Died):
        employee_import.run_file(run, path, PAGE_LIMITS, on_progress=die)
    assert len(_all_employees()) == 20
    employee_import.run(run)
    employee_import.run(run)
    assert finish(run).result == {"added": 45}
    assert len(_all_employees()) == 45
    with reading() as session:
        items = session.exec(select(OnboardingItem.id)).all()
        assert len(items) == 45 * len(steps.PRESETS)


def _all_employees() -> list[Employee]:
    with reading() as session:
        return list(session.exec(select(Employee)).all())


def test_a_job_touches_no_employee_who_was_there_before(house: str, tmp_path: Path) -> None:
    take("name,email,code\nOld,old@example.com,1\n", calendar=Calendar.GREGORIAN)
    run = started(
        b"code,name,email,manager\n1,Other,x@example.com,2\n2,Boss,boss@example.com,\n", tmp_path
    )
    employee_import.run(run)
    old = next(one for one in everybody() if one.code == "1")
    assert (old.first_name, old.manager_id) == ("Old", None)
    assert finish(run).result == {"added": 1}


def test_a_manager_whose_own_row_is_refused_leaves_the_others_without_one(
    house: str, tmp_path: Path
) -> None:
    run = started(b"code,name,email,manager\n1,Sara,s@example.com,2\n2,Boss,bad,\n", tmp_path)
    employee_import.run(run)
    assert finish(run).result == {"added": 1, "without_manager": 1}


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize("field", ["calendar", "past_due"])
def test_an_option_that_is_not_known_is_refused_at_its_field(house: str, field: str) -> None:
    with reading() as session, pytest.raises(Invalid) as refusal:
        employee_import.checked_options(session, {field: "lunar"})
    assert (refusal.value.code, refusal.value.field) == ("employee.option_unknown", field)


def test_left_out_options_are_the_house_calendar_and_skipping(house: str) -> None:
    with reading() as session:
        assert employee_import.checked_options(session, {}) == {
            "calendar": "jalali",
            "past_due": "skip",
        }


def test_every_field_of_the_form_has_a_name_in_all_languages() -> None:
    for field in FIELDS:
        for language in Language:
            assert translate(language, field.label) != field.label


def test_no_two_employees_share_an_address(house: str) -> None:
    take(HEAD + "سارا\tx\tsara@example.com\t\nعلی\tx\tSARA@example.com\t\n")
    with reading() as session:
        raws = session.exec(select(ContactIdentity.normalised)).all()
    assert sorted(raws) == ["sara@example.com"]
