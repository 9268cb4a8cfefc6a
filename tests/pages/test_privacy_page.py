"""Privacy in the interface: periods are changed and switched, a person is forgotten by a word."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.terms import Role
from core.consent import policy
from core.consent.terms import HouseRules
from core.contacts.models import Contact
from core.contacts.terms import ContactStatus
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.privacy.models import Erasure, PrivacyRequest, RetentionRule
from core.privacy.terms import Preset, RequestState, Wish
from tests.pages.conftest import OpenAs
from tests.support.cast import make_contact
from tests.support.page import go, texts

Open = Callable[[str], AppTest]


@pytest.fixture
def opened(open_as: OpenAs) -> Open:
    def open_page(script: str, public_id: str = "") -> AppTest:
        app = open_as(Role.ADMINISTRATOR, language=Language.FA)
        if public_id:
            app.query_params["id"] = public_id
        page = go(app, script)
        assert not page.exception, page.exception
        return page

    return open_page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception, page.exception
    return page


def test_a_period_is_changed_and_switched_on_after_a_warning(opened: Open) -> None:
    page = opened("admin/privacy.py")
    click(page, "privacy.switch.events")
    assert "از امشب" in texts(page)
    page.button(key="privacy.switch.events").click()  # a dialog lives in a run of its own
    click(page, "privacy.on.save")
    with reading() as session:
        rule = session.exec(select(RetentionRule)).one()
    assert (rule.kind, rule.days, rule.is_enabled) == ("events", 730, True)


@pytest.mark.spec("S82")
def test_a_law_gives_the_periods_to_start_from(opened: Open) -> None:
    page = opened("admin/privacy.py")
    page.selectbox(key="privacy.preset").set_value(Preset.GDPR).run()
    click(page, "privacy.take")
    with reading() as session:
        assert len(session.exec(select(RetentionRule)).all()) == 6


@pytest.mark.spec("S82")
def test_a_person_is_forgotten_from_their_page_after_a_typed_word(opened: Open) -> None:
    with transaction() as session:
        public_id = make_contact(session, "sara@example.com").public_id
    page = opened("workspace/contact.py", public_id)
    click(page, "contact.erase")
    word = translate(Language.FA, "contact.erase.word")
    page.text_input(key="contact.erase.word").set_value(word)
    page.session_state["contact.erasing"] = True
    page.run()
    page.session_state["contact.erasing"] = True
    page.button(key="contact.erase.confirm").click().run()
    with reading() as session:
        found = session.exec(select(Contact).where(Contact.public_id == public_id)).one()
        assert found.status is ContactStatus.ERASED
        assert session.exec(select(Erasure)).one().by_name


@pytest.mark.spec("S82")
def test_a_law_suggests_the_rules_of_the_house_too_and_they_can_be_changed(opened: Open) -> None:
    page = opened("admin/privacy.py")
    page.selectbox(key="privacy.preset").set_value(Preset.CCPA).run()
    click(page, "privacy.take")
    with reading() as session:
        assert policy.in_force(session) == HouseRules(answer_days=45, version=1)
    click(page, "privacy.house.edit")
    page.toggle(key="privacy.house.erasure_waits").set_value(True)
    page.button(key="privacy.house.edit").click()  # a dialog lives in a run of its own
    click(page, "privacy.house.save")
    with reading() as session:
        held = policy.in_force(session)
    assert (held.erasure_waits, held.answer_days, held.asks_twice) == (True, 45, False)


@pytest.mark.spec("U12")
def test_a_request_that_waits_is_shown_with_its_last_day_and_carried_out_by_a_word(
    opened: Open,
) -> None:
    now = clock.now()
    with transaction() as session:
        sara = make_contact(session, "sara@example.com", first_name="Sara", last_name="Rad")
        session.add(PrivacyRequest(reference="prq_1", contact_id=sara.id, wish=Wish.ERASURE,
                                   state=RequestState.WAITING, hash="x", asked_at=now,
                                   expires_at=now, due_at=now + timedelta(days=30)))  # fmt: skip
    page = opened("admin/privacy.py")
    assert "با لینک نشانی خودش" in texts(page)
    approve = "privacy.request.approve.1"
    click(page, approve)
    word = translate(Language.FA, "contact.erase.word")
    page.text_input(key="privacy.request.erase.word").set_value(word)
    click(page, approve)
    page.button(key=approve).click()
    click(page, "privacy.request.erase.confirm")
    with reading() as session:
        found = session.get_one(Contact, sara.id)
        assert found.status is ContactStatus.ERASED
        assert session.exec(select(PrivacyRequest)).one().state is RequestState.DONE
