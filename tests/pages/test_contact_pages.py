"""Contacts: found, added, opened, changed by many and put back; what a profile shows."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.activities import notes
from core.consent import topics
from core.consent.noting import note_consent
from core.consent.terms import ConsentState, TopicInput
from core.contacts import attributes, card
from core.contacts.attributes import AttributeInput
from core.contacts.models import Attribute, Company, Contact
from core.contacts.terms import AttributeKind, ContactInput
from core.db import reading, transaction
from core.events import service as events
from core.profiles import registry
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, make_contact
from tests.support.departments import in_dialog, row_count, said
from tests.support.page import go, press, table, texts

K, R = DepartmentKind, Role
A = administrator()
LIST, CARD = "workspace/contacts.py", "workspace/contact.py"
COMPANIES, FIELDS = "workspace/companies.py", "admin/custom_fields.py"


@pytest.fixture
def sara(house: None) -> Contact:
    now = clock.now()
    with transaction() as session:
        attributes.add_attribute(
            session, A, now=now,
            given=AttributeInput(key="size", names={"fa": "اندازه"}, kind=AttributeKind.NUMBER),
        )  # fmt: skip
        given = ContactInput(
            first_name="سارا",
            last_name="احمدی",
            email="sara@example.com",
            phone="09123456789",
            company="پارس",
            attributes={"size": "41"},
        )
        made = card.add_person(session, A, given=given, now=now)
        fact = events.Fact(
            name="page.viewed",
            source="t",
            dedup_key="1",
            contact_id=made.id,
            occurred_at=now - timedelta(hours=1),
            properties={"path": "/pricing"},
        )
        events.record(session, fact)
        notes.add_note(session, A, public_id=made.public_id, text="مشتری خوش‌حساب", now=now)
    return made


def test_the_empty_list_leads_to_the_import(open_as: OpenAs) -> None:
    page = go(open_as(R.MANAGER, K.MARKETING), LIST)
    assert said(page, "contacts.empty.title")
    kinds = {one.key: one.proto.type for one in page.button}
    assert kinds["contacts.begin"] == "primary"
    assert kinds["contacts.add"] == "secondary"
    assert "contacts.q" not in {one.key for one in page.text_input}


def test_a_person_is_added_and_found_by_another_spelling(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.OPERATOR, K.SALES), LIST)
    typed = {"person.new.first_name": "علي", "person.new.email": "ali@example.com"}
    in_dialog(page, "contacts.adding", typed, "person.new.save")
    assert not page.exception
    assert row_count(Contact) == 2
    page.text_input(key="contacts.q").set_value("علی").run()
    assert [row["email"] for row in table(page, "contacts.table")] == ["ali@example.com"]


def test_many_are_changed_and_put_back(open_as: OpenAs, sara: Contact) -> None:
    page = go(open_as(R.MANAGER, K.MARKETING), LIST)
    page = press(page, "contacts.table", "picked", [sara.public_id])
    page.selectbox(key="many.field").set_value("city")
    page = press(page, "contacts.table", "picked", [sara.public_id])
    page.text_input(key="many.value").set_value("شیراز")
    page.button(key="many.save").click()
    page = press(page, "contacts.table", "picked", [sara.public_id])
    assert city_of(sara) == "شیراز"
    page.button(key="many.undo").click().run()
    assert city_of(sara) is None


def city_of(person: Contact) -> str | None:
    with reading() as session:
        found = session.get(Contact, person.id)
        assert found is not None
        return found.city


def opened(open_as: OpenAs, person: Contact, tab: str = "card") -> str:
    page = open_as(R.MANAGER, K.MARKETING)
    page.session_state["contact.id"] = person.public_id
    page = go(page, CARD)
    assert not page.exception, page.exception
    if tab != "card":
        page.session_state["contact.tab"] = translated(tab)
        page.run()
        assert not page.exception, page.exception
    return texts(page)


def translated(tab: str) -> str:
    from core.i18n.catalog import translate  # noqa: PLC0415 - beside its one use
    from core.i18n.terms import Language  # noqa: PLC0415 - beside its one use

    return translate(Language.FA, f"profile.part.{tab}")


@pytest.mark.spec("S29", "S32")
def test_the_card_shows_who_somebody_is(open_as: OpenAs, sara: Contact) -> None:
    said_there = opened(open_as, sara)
    for words in ("سارا احمدی", "پارس", "اندازه", "۴۱"):
        assert words in said_there


@pytest.mark.parametrize("part", [one.name for one in registry.parts()])
def test_every_part_of_the_profile_opens(open_as: OpenAs, sara: Contact, part: str) -> None:
    opened(open_as, sara, part)


@pytest.mark.spec("S31")
def test_the_timeline_holds_events_and_notes(open_as: OpenAs, sara: Contact) -> None:
    said_there = opened(open_as, sara, "timeline")
    assert "/pricing" in said_there
    assert "مشتری خوش‌حساب" in said_there


@pytest.mark.spec("S82")
@pytest.mark.parametrize(
    ("source", "basis", "words"),
    [
        ("form:7", "consent", ("یک فرم", "رضایت خودش")),
        ("import:12", "contract: خرید حضوری", ("ورود از فایل", "خرید حضوری")),
        ("preferences", "", ("تنظیمات دریافت", "–")),
    ],
)
def test_the_proof_of_consent_is_told_in_words(
    open_as: OpenAs, sara: Contact, source: str, basis: str, words: tuple[str, str]
) -> None:
    given = TopicInput(names={"fa": "خبرنامه"}, promises={})
    with transaction() as session:
        topic = topics.create_topic(session, A, given=given, now=clock.now())
        note_consent(session, contact_id=sara.id, topic_id=topic.id, state=ConsentState.CONFIRMED,
                     source=source, basis=basis, text_version=1, now=clock.now())  # fmt: skip
    said_there = opened(open_as, sara, "consent")
    for one in ("خبرنامه", "نسخهٔ ۱", *words):
        assert one in said_there
    assert source not in said_there or ":" not in source


def test_a_company_and_a_field_are_made_by_form(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.ADMINISTRATOR, K.OPERATIONS), COMPANIES)
    in_dialog(page, "companies.adding", {"company.name": "پارس"}, "company.save")
    assert not page.exception
    assert row_count(Company) == 1
    page = go(page, FIELDS)
    typed = {"attribute.name_fa": "اندازهٔ کفش", "attribute.key": "shoe_size"}
    in_dialog(page, "custom_fields.adding", typed, "attribute.save")
    assert not page.exception
    with reading() as session:
        assert session.exec(select(Attribute.key)).all() == ["shoe_size"]


def test_two_people_are_merged_on_the_card(open_as: OpenAs, sara: Contact) -> None:
    with transaction() as session:
        other = make_contact(session, "s.a@example.org", first_name="سارا", last_name="احمدی")
    page = open_as(R.MANAGER, K.MARKETING)
    page.session_state["contact.id"] = sara.public_id
    page = go(page, CARD)
    for step in ("", "merge.other", "merge.save"):
        if step == "merge.other":
            page.selectbox(key=step).set_value(other.public_id)
        elif step:
            page.button(key=step).click()
        page.session_state["contact.merging"] = True
        page.run()
    assert not page.exception, page.exception
    with reading() as session:
        merged = session.get(Contact, other.id)
        assert merged is not None
        assert merged.merged_into_id == sara.id
