"""The audit page reads sealed logs from end to end, and says in words what it found."""

import pytest
from sqlalchemy import text
from sqlmodel import col, select, update

from core import clock
from core.access.terms import DepartmentKind, Role
from core.consent import topics
from core.consent.models import ConsentEvent
from core.consent.noting import note_consent
from core.consent.terms import ConsentState, TopicInput
from core.contacts.models import Contact
from core.db import transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, make_contact
from tests.support.departments import said
from tests.support.page import go, texts

PAGE = "admin/audit.py"


@pytest.fixture
def sara(house: None) -> Contact:
    """Somebody who agreed, and withdrew."""
    given = TopicInput(names={"fa": "خبرنامه"}, promises={})
    with transaction() as session:
        made = make_contact(session, "sara@example.com", first_name="سارا", last_name="احمدی")
        topic = topics.create_topic(session, administrator(), given=given, now=clock.now())
        for state in (ConsentState.CONFIRMED, ConsentState.UNSUBSCRIBED):
            note_consent(session, contact_id=made.id, topic_id=topic.id, state=state,
                         source="preferences", now=clock.now())  # fmt: skip
    return made


@pytest.mark.spec("S82")
def test_an_auditor_is_told_that_every_step_of_consent_is_as_it_was_written(
    open_as: OpenAs, sara: Contact
) -> None:
    page = go(open_as(Role.AUDITOR, DepartmentKind.MARKETING), PAGE)
    page.button(key="audit.consents").click().run()
    assert not page.exception, page.exception
    assert said(page, "audit.consents.sound")
    assert said(page, "audit.consents.checked", count=2)


@pytest.mark.spec("S82")
def test_whose_consent_was_altered_is_named_with_the_way_to_them(
    open_as: OpenAs, sara: Contact
) -> None:
    with transaction() as session:
        session.execute(text("DROP TRIGGER consent_event_no_update"))
        first = session.exec(select(ConsentEvent.id)).first()
        session.exec(
            update(ConsentEvent).where(col(ConsentEvent.id) == first).values(source="form:x")
        )
    page = go(open_as(Role.AUDITOR, DepartmentKind.MARKETING), PAGE)
    page.button(key="audit.consents").click().run()
    assert not page.exception, page.exception
    assert not said(page, "audit.consents.sound")
    assert said(page, "audit.consents.altered")
    assert f"/contact?id={sara.public_id}" in texts(page)


def test_how_much_of_the_log_of_acts_was_read_is_said_in_numbers(open_as: OpenAs) -> None:
    page = go(open_as(Role.AUDITOR, DepartmentKind.MARKETING), PAGE)
    page.button(key="audit.verify").click().run()
    assert translate(Language.FA, "audit.sound") in texts(page)
    assert "{" not in next(one.value for one in page.html if "لنگر" in one.value)
