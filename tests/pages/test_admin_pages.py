"""Administration: each page opens in every language, keeps others out, and does what it says."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import TypeVar

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.terms import Permission, Role
from core.accounts import api_keys
from core.accounts.models import ApiKey, Membership, User
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.delivery.models import Sender, Transport
from core.i18n import formats as dates
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, DateStyle, Language, Reader
from core.messages.models import CapRule, Message, QuietRule
from core.messages.terms import OnCap
from core.organisation.models import Department, Holiday, Office, Organisation
from core.organisation.terms import SetupStep
from pages import registry
from tests.pages.conftest import OpenAs
from tests.support.cast import make_user
from tests.support.departments import said
from tests.support.page import choose, go, press, table, texts

R = Role
SHORT = Reader(Language.FA, Calendar.JALALI, "Asia/Tehran")
PAGES = [
    one.script
    for one in registry.ENTRIES
    if one.script.startswith("admin/") and one.name != "setup"
]
Open = Callable[[str], AppTest]
Kept = TypeVar("Kept", ApiKey, AuditEntry, CapRule, Department, Holiday, Membership, Message,
               Office, QuietRule, Sender, Transport, User)  # fmt: skip


@pytest.fixture
def opened(open_as: OpenAs) -> Open:
    """Return a function that opens a page as an administrator.

    In Persian: the test's own copy of a choice is written outside of a visit, in the default.
    """

    def open_page(name: str) -> AppTest:
        page = go(open_as(R.ADMINISTRATOR, language=Language.FA), f"admin/{name}.py")
        assert not page.exception, page.exception
        return page

    return open_page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception, page.exception
    return page


def within(page: AppTest, opener: str, key: str = "") -> AppTest:
    """Return the page after a press in a dialog, or only another run of it.

    Without a browser every run is a whole one, so the button that opens the dialog is pressed too.
    """
    if key:
        page.button(key=key).click()
    return click(page, opener)


def within_row(page: AppTest, row: tuple[str, str, str], key: str) -> AppTest:
    """Return the page after a press in the dialog that a row's menu opens: table, id, action."""
    page.button(key=key).click()
    choose(page, *row)
    assert not page.exception, page.exception
    return page


def type_in(page: AppTest, **fields: str) -> AppTest:
    for key, text in fields.items():
        page.text_input(key=key.replace("__", ".")).set_value(text)
    return page


def rows(kind: type[Kept]) -> list[Kept]:
    """Return what the store keeps of a table, in the order it was made."""
    with reading() as session:
        return sorted(session.exec(select(kind)), key=lambda row: row.id)


def house() -> Organisation:
    with reading() as session:
        return session.exec(select(Organisation)).one()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("script", PAGES)
def test_a_page_opens_for_an_administrator(
    open_as: OpenAs, script: str, language: Language
) -> None:
    page = go(open_as(R.ADMINISTRATOR, language=language), script)
    assert not page.exception, page.exception
    name = script.removeprefix("admin/").removesuffix(".py")
    assert translate(language, f"{name}.purpose") in texts(page)
    assert not raw_codes(page)


@pytest.mark.parametrize("script", [one for one in PAGES if one != "admin/calendars.py"])
def test_a_page_is_refused_to_a_viewer(open_as: OpenAs, script: str) -> None:
    page = go(open_as(R.VIEWER), script)
    assert translate(Language.FA, "frame.refused.title") in texts(page)


def test_a_viewer_reads_the_calendars_and_changes_nothing(open_as: OpenAs) -> None:
    page = go(open_as(R.VIEWER), "admin/calendars.py")
    assert "دفتر مرکزی" in texts(page)
    keys = {str(one.key) for one in page.button}
    assert not [key for key in keys if key.startswith("calendars.")]


@pytest.mark.parametrize("script", PAGES)
def test_an_auditor_reads_a_page_and_changes_nothing(open_as: OpenAs, script: str) -> None:
    page = go(open_as(R.AUDITOR), script)
    assert not page.exception, page.exception
    assert [one.key for one in page.main.button if one.proto.type == "primary"] == []


def raw_codes(page: AppTest) -> list[str]:
    words = texts(page).split()
    return [word for word in words if word.startswith(("act.", "audit.", "caps.", "users."))]


def test_the_name_of_the_organisation_is_changed(opened: Open) -> None:
    page = opened("settings")
    type_in(page, settings__org__name="Riverside Books")
    click(page, "settings.org.save")
    assert house().name == "Riverside Books"
    assert page.text_input(key="settings.org1.name").value == "Riverside Books"


def test_a_wrong_recall_time_is_said_at_its_field_and_nothing_is_saved(opened: Open) -> None:
    page = opened("settings")
    type_in(page, settings__org__name="Riverside Books", settings__org__recall_seconds="soon").run()
    assert "ch-field-error" in texts(page)
    click(page, "settings.org.save")
    assert said(page, "frame.not_filled")
    assert rows(Organisation)[0].name != "Riverside Books"


def test_who_saves_later_sees_the_difference_and_may_keep_their_own(opened: Open) -> None:
    page = opened("settings")
    with transaction() as session:
        found = session.exec(select(Organisation)).one()
        found.name, found.version = "Their name", found.version + 1
        session.add(found)
    type_in(page, settings__org__name="My name")
    click(page, "settings.org.save")
    assert house().name == "Their name"
    page.run()
    assert "Their name" in texts(page)
    click(page, "settings.org.mine")
    assert house().name == "My name"


def test_a_department_is_added_renamed_and_closed(opened: Open) -> None:
    page = opened("settings")
    click(page, "settings.dep.add")
    within(
        type_in(page, settings__dep__new__en="Quality"), "settings.dep.add", "settings.dep.new.save"
    )
    made = rows(Department)[-1]
    assert made.names == {"en": "Quality"}
    row = ("settings.dep.table", str(made.id))
    choose(page, *row, "rename")
    type_in(page, **{f"settings__dep__{made.id}__fa": "کیفیت"})
    within_row(page, (*row, "rename"), f"settings.dep.{made.id}.save")
    assert "کیفیت" in [row["name"] for row in table(page, "settings.dep.table")]
    choose(page, *row, "off")
    within_row(page, (*row, "off"), "settings.dep.off")
    last = table(page, "settings.dep.table")[-1]
    closed = translate(Language.FA, "settings.department.state.is_closed")
    assert (last["name"], last["state"]) == ("کیفیت", closed)


def test_a_department_without_a_name_is_refused_under_its_fields(opened: Open) -> None:
    page = opened("settings")
    click(page, "settings.dep.add")
    within(page, "settings.dep.add", "settings.dep.new.save")
    assert translate(Language.FA, "organisation.name_missing") in texts(page)


def test_the_practice_company_is_loaded_and_taken_away_again(opened: Open) -> None:
    page = opened("settings")
    click(page, "settings.load")
    type_in(page, settings__clear__word="clear").run()
    word = translate(Language.FA, "settings.practice.word")
    type_in(page, settings__clear__word=word).run()
    click(page, "settings.clear.confirm")
    acts = [one.action for one in rows(AuditEntry)]
    assert acts[-2:] == ["practice.loaded", "practice.cleared"]


def test_a_colleague_is_invited_by_mail(opened: Open) -> None:
    page = opened("users")
    click(page, "users.invite")
    type_in(page, users__new__first_name="Leila", users__new__last_name="Hassan",
            users__new__email="leila@example.com")  # fmt: skip
    within(page, "users.invite", "users.new.save")
    assert {row["name"] for row in table(page, "users.table")} == {"Omid Karimi", "Leila Hassan"}
    assert len(rows(Message)) == 1


def test_an_invitation_without_an_address_is_refused_at_the_field(opened: Open) -> None:
    page = opened("users")
    click(page, "users.invite")
    type_in(page, users__new__first_name="Leila", users__new__email="leila at home")
    within(page, "users.invite", "users.new.save")
    assert "ch-field-error" in texts(page)
    assert len(rows(User)) == 1


def colleague() -> str:
    with transaction() as session:
        return str(make_user(session, "sara", R.OPERATOR).id)


def test_a_role_is_changed_from_the_menu_of_a_row(opened: Open) -> None:
    page = opened("users")
    sara = colleague()
    page.run()
    choose(page, "users.table", sara, "roles")
    page.selectbox(key=f"users.roles{sara}.role").set_value(R.MANAGER)
    within_row(page, ("users.table", sara, "roles"), f"users.roles{sara}.save")
    held = [one.role for one in rows(Membership)]
    assert held == [R.ADMINISTRATOR, R.MANAGER]


def test_who_leaves_can_be_let_back_in(opened: Open) -> None:
    page = opened("users")
    sara = colleague()
    page.run()
    choose(page, "users.table", sara, "leave")
    within_row(page, ("users.table", sara, "leave"), "users.leave.save")
    assert is_active(sara) is False
    choose(page, "users.table", sara, "back")
    assert is_active(sara) is True


def is_active(user_id: str) -> bool:
    with reading() as session:
        found = session.get(User, int(user_id))
        assert found is not None
        return found.is_active


def test_a_key_is_shown_once_and_revoked(opened: Open) -> None:
    page = opened("users")
    click(page, "users.keys.add")
    type_in(page, users__keys__new__name="Shop")
    page.multiselect(key="users.keys.new.scopes").set_value([Permission.STOCK_VIEW])
    within(page, "users.keys.add", "users.keys.new.save")
    assert [one.value.startswith(api_keys.MARK) for one in page.code] == [True]
    click(page, "users.keys.taken")
    assert not page.code
    [row] = table(page, "users.keys.table")
    choose(page, "users.keys.table", row["id"], "revoke")
    [key] = rows(ApiKey)
    assert key.revoked_at is not None


def test_a_sender_is_added(opened: Open) -> None:
    page = opened("senders")
    click(page, "senders.add")
    type_in(page, senders__new__name="Shop", senders__new__address="shop@example.com")
    within(page, "senders.add", "senders.new.save")
    assert [one.address for one in rows(Sender)][-1] == ("shop@example.com")


def test_a_server_is_added_and_a_wrong_one_is_refused_at_its_field(opened: Open) -> None:
    page = opened("senders")
    click(page, "senders.servers.begin")
    within(page, "senders.servers.begin", "senders.tr.save")
    assert translate(Language.FA, "transport.bad_host") in texts(page)
    type_in(page, senders__tr__host="smtp.example.com", senders__tr__port="465")
    within(page, "senders.servers.begin", "senders.tr.save")
    [made] = rows(Transport)
    assert (made.host, made.port) == ("smtp.example.com", 465)


def test_a_cap_is_added_and_reads_as_a_sentence(opened: Open) -> None:
    page = opened("caps")
    click(page, "caps.add")
    type_in(page, caps__cap__name="Calm week", caps__cap__limit="1", caps__cap__window="5")
    within(page, "caps.add", "caps.cap.save")
    made = rows(CapRule)[-1]
    assert (made.name, made.limit, made.window_s, made.on_cap) == ("Calm week", 1, 5 * 86_400, None)
    assert "در ۵ روز بیش از ۱ پیام ارتباطی و تبلیغاتی" in texts(page)


def test_a_cap_without_a_name_is_refused_at_the_field(opened: Open) -> None:
    page = opened("caps")
    click(page, "caps.add")
    within(page, "caps.add", "caps.cap.save")
    assert translate(Language.FA, "cap.name_missing") in texts(page)


def test_editing_a_cap_that_came_with_the_program_keeps_what_was_not_touched(opened: Open) -> None:
    page = opened("caps")
    first = rows(CapRule)[0]
    click(page, f"caps.cap.edit{first.id}")
    page.selectbox(key=f"caps.cap{first.id}.on_cap").set_value(OnCap.SKIP)
    within(page, f"caps.cap.edit{first.id}", f"caps.cap{first.id}.save")
    kept = rows(CapRule)[0]
    assert (kept.name, kept.limit, kept.on_cap) == (first.name, first.limit, OnCap.SKIP)
    click(page, f"caps.cap.switch{first.id}")
    switched = rows(CapRule)[0]
    assert not switched.is_enabled


def test_quiet_hours_take_hours_of_every_script_and_nothing_that_is_none(opened: Open) -> None:
    page = opened("caps")
    [first, _] = rows(QuietRule)
    key, opener = f"caps.quiet{first.id}", f"caps.quiet.edit{first.id}"
    click(page, opener)
    page.text_input(key=f"{key}.starts").set_value("late")
    within(page, opener)
    within(page, opener, f"{key}.save")
    assert said(page, "frame.not_filled")
    page.text_input(key=f"{key}.starts").set_value("۲۲:۱۵")
    within(page, opener)
    within(page, opener, f"{key}.save")
    changed = rows(QuietRule)[0]
    assert changed.starts == time(22, 15)


def test_an_office_can_have_a_short_day(opened: Open) -> None:
    page = opened("calendars")
    [office] = rows(Office)
    key, opener = f"calendars.office{office.id}", f"calendars.edit{office.id}"
    click(page, opener)
    page.multiselect(key=f"{key}.weekend").set_value([4])
    page.toggle(key=f"{key}.differs").set_value(True)
    within(page, opener)
    page.multiselect(key=f"{key}.other_days").set_value([3])
    type_in(page, **{f"{key}.other.closes": "13:00"})
    within(page, opener, f"{key}.save")
    [changed] = rows(Office)
    assert changed.hours["3"] == [["08:00", "13:00"]]
    assert changed.hours["5"] == [["08:00", "16:30"]]
    assert "پنجشنبه: از ۰۸:۰۰ تا ۱۳:۰۰" in texts(page)


def test_an_hour_that_is_none_never_reaches_the_office(opened: Open) -> None:
    page = opened("calendars")
    [office] = rows(Office)
    key, opener = f"calendars.office{office.id}", f"calendars.edit{office.id}"
    click(page, opener)
    type_in(page, **{f"{key}.opens": "25:00"})
    within(page, opener, f"{key}.save")
    assert "ch-field-error" in texts(page)
    [same] = rows(Office)
    assert same.version == office.version


def test_holidays_are_filled_in_and_one_is_added_by_hand(opened: Open) -> None:
    page = opened("calendars")
    assert translate(Language.FA, "calendars.holidays.empty.title") in texts(page)
    click(page, "calendars.load")
    count = len(rows(Holiday))
    assert count > 10
    click(page, "calendars.add_holiday")
    page.text_input(key="calendars.new.day").set_value("1405/09/18")
    type_in(page, calendars__new__en="Company day")
    within(page, "calendars.add_holiday")
    within(page, "calendars.add_holiday", "calendars.new.save")
    assert len(rows(Holiday)) == count + 1
    [made] = [row for row in table(page, "calendars.table") if row["name"] == "Company day"]
    choose(page, "calendars.table", made["id"], "remove")
    assert len(rows(Holiday)) == count


def test_the_audit_log_is_read_filtered_and_opened_in_words(opened: Open) -> None:
    page = opened("settings")
    type_in(page, settings__org__name="Riverside Books")
    click(page, "settings.org.save")
    go(page, "admin/audit.py")
    newest = table(page, "audit.table")[0]
    assert newest["act"] == translate(Language.FA, "act.organisation.changed")
    press(page, "audit.table", "open", newest["id"])
    assert "Riverside Books" in texts(page)
    assert translate(Language.FA, "audit.field.recall_seconds") in texts(page)
    tomorrow = dates.date(clock.now().date() + timedelta(days=2), SHORT, DateStyle.SHORT)
    page.text_input(key="audit.since").set_value(tomorrow).run()
    assert translate(Language.FA, "frame.nothing.title") in texts(page)
    click(page, "audit.clear_filters")
    assert table(page, "audit.table")


def test_the_audit_log_says_that_nobody_has_changed_it(opened: Open) -> None:
    page = click(opened("audit"), "audit.verify")
    assert translate(Language.FA, "audit.sound") in texts(page)


def test_set_up_is_answered_step_by_step(open_as: OpenAs) -> None:
    page = open_as(R.ADMINISTRATOR)
    with transaction() as session:
        session.exec(select(Organisation)).one().setup_step = SetupStep.ORGANISATION
    go(page, "admin/setup.py")
    click(page, "setup.organisation.save")
    assert translate(Language.FA, "organisation.name_missing") in texts(page)
    type_in(page, setup__org__name="Riverside Books")
    click(page, "setup.organisation.save")
    assert page.selectbox(key="setup.cal.calendar").value is Calendar.JALALI
    click(page, "setup.back")
    assert page.text_input(key="setup.org.name").value == "Riverside Books"
    assert house().setup_step is SetupStep.CALENDAR
