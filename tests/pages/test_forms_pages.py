"""Kinds of subscription and forms: each page opens in every language and does what it says."""

from datetime import datetime

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.access.terms import DepartmentKind, Role
from core.consent import policy, topics
from core.consent import service as consent
from core.consent.models import AllowedDomain, BlockedDomain, Suppression, Topic
from core.consent.terms import ThrowawayRule, TopicInput
from core.db import reading, transaction
from core.forms import service as forms
from core.forms.models import Form
from core.forms.terms import FieldInput, FormInput
from core.i18n.terms import Language
from core.templates import service as templates
from core.templates.models import Template
from core.templates.terms import MessageClass
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, make_contact
from tests.support.page import go, press, table, texts

TOPICS, FORMS = "workspace/topics.py", "workspace/forms.py"
ADMIN = administrator()


@pytest.fixture
def world(house: None, now: datetime) -> None:
    with transaction() as session:
        given = TopicInput(
            names={"en": "Offers", "fa": "پیشنهادها"},
            promises={"en": "One a week", "fa": "هفته‌ای یکی"},
            is_public=True,
        )
        topic = topics.create_topic(session, ADMIN, given=given, now=now)
        person = make_contact(session, "sara@example.com")
        consent.suppress_contact(session, ADMIN, contact_id=person.id, now=now)
        fields = (FieldInput(field="email"), FieldInput(field="first_name"))
        form = FormInput(name="Fair", language=Language.EN, fields=fields, topic_ids=[topic.id])
        forms.create_form(session, ADMIN, given=form, now=now)


def opened(
    open_as: OpenAs, script: str, role: Role = Role.ADMINISTRATOR, **more: object
) -> AppTest:
    page = go(open_as(role, **more), script)
    assert not page.exception, page.exception
    return page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception, page.exception
    return page


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("script", [TOPICS, FORMS])
@pytest.mark.parametrize("language", Language)
def test_each_page_opens_in_every_language(
    open_as: OpenAs, script: str, language: Language
) -> None:
    page = opened(open_as, script, language=language)
    assert not page.exception


@pytest.mark.parametrize("script", [TOPICS, FORMS])
def test_an_empty_page_says_what_it_is_for(open_as: OpenAs, script: str) -> None:
    assert "هنوز" in texts(opened(open_as, script))


@pytest.mark.usefixtures("world")
def test_a_viewer_sees_and_changes_nothing(open_as: OpenAs) -> None:
    page = opened(open_as, TOPICS, Role.VIEWER, kind=DepartmentKind.MARKETING)
    keys = {button.key for button in page.button}
    assert not {key for key in keys if key and key.startswith("topics.")}
    assert "پیشنهادها" in texts(page)


@pytest.mark.usefixtures("world")
@pytest.mark.spec("S83")
def test_a_kind_of_subscription_is_made_with_its_promise(open_as: OpenAs) -> None:
    page = click(opened(open_as, TOPICS), "topics.add")
    page.text_input(key="topics.edit.fa.names").set_value("خبرنامه")
    page.text_input(key="topics.edit.fa.promises").set_value("ماهی یکی")
    page.button(key="topics.add").click()
    click(page, "topics.edit.save")
    with reading() as session:
        made = session.exec(select(Topic)).all()[-1]
        assert (made.names, made.promises) == ({"fa": "خبرنامه"}, {"fa": "ماهی یکی"})


@pytest.mark.usefixtures("world")
def test_a_kind_of_subscription_is_archived_and_restored(open_as: OpenAs) -> None:
    page = click(opened(open_as, TOPICS), "topics.switch1")
    with reading() as session:
        assert not session.get_one(Topic, 1).is_active
    click(page, "topics.switch1")
    with reading() as session:
        assert session.get_one(Topic, 1).is_active


@pytest.mark.usefixtures("world")
@pytest.mark.spec("U01")
def test_the_suppression_list_is_searched_and_added_to(open_as: OpenAs) -> None:
    page = opened(open_as, TOPICS)
    page.button_group(key="topics.part").set_value("suppressed").run()
    assert [row["person"] for row in table(page, "topics.table")] == ["Sara Ahmadi"]
    with transaction() as session:
        make_contact(session, "ali@example.com", first_name="Ali")
    page.button(key="topics.suppress").click().run()
    page.text_input(key="topics.add.email").set_value("ali@example.com")
    page.button(key="topics.suppress").click()
    click(page, "topics.add.save")
    with reading() as session:
        assert len(session.exec(select(Suppression)).all()) == 2
    page.text_input(key="topics.q").set_value("ali").run()
    assert [row["address"] for row in table(page, "topics.table")] == ["ali@example.com"]


@pytest.mark.spec("U09")
def test_a_domain_is_blocked_by_click(open_as: OpenAs) -> None:
    page = opened(open_as, TOPICS)
    page.button_group(key="topics.part").set_value("domains").run()
    page.text_input(key="topics.domains.domain").set_value("spam.example.com").run()
    click(page, "topics.domains.block")
    page.text_input(key="topics.domains.domain").set_value("good.example.com").run()
    click(page, "topics.domains.allow")
    with reading() as session:
        assert session.exec(select(BlockedDomain.domain)).all() == ["spam.example.com"]
        assert session.exec(select(AllowedDomain.domain)).all() == ["good.example.com"]


@pytest.mark.spec("U09")
def test_the_rule_for_throwaway_mailboxes_is_chosen(open_as: OpenAs) -> None:
    page = opened(open_as, TOPICS)
    page.button_group(key="topics.part").set_value("domains").run()
    click(page, "topics.domains.edit")
    page.selectbox(key="topics.domains.throwaway").set_value(ThrowawayRule.HOLD)
    page.toggle(key="topics.domains.only").set_value(True)
    page.button(key="topics.domains.edit").click()  # a dialog lives in a run of its own
    click(page, "topics.domains.save")
    with reading() as session:
        held = policy.in_force(session)
    assert (held.throwaway, held.takes_only_allowed) == (ThrowawayRule.HOLD, True)


@pytest.mark.usefixtures("world")
@pytest.mark.spec("S81")
def test_a_form_is_built_and_can_be_copied_to_any_page(open_as: OpenAs) -> None:
    page = click(opened(open_as, FORMS), "forms.add")
    page.text_input(key="forms.edit.name").set_value("Newsletter")
    page.multiselect(key="forms.edit.topic_ids").set_value([1])
    click(page, "forms.edit.save")
    with reading() as session:
        made = session.exec(select(Form)).all()[-1]
        assert (made.name, made.topic_ids) == ("Newsletter", [1])
        assert [one["field"] for one in made.fields] == ["email", "first_name"]
    page.button_group(key="forms.part").set_value("publish").run()
    assert not page.exception, page.exception
    shown = [one.value for one in page.code]
    assert shown[0].endswith(f"/f/{made.public_id}")
    assert "<form method" in shown[1]
    assert "هفته‌ای یکی" in shown[1]
    assert "<iframe" in shown[2]
    click(page, "forms.switch")
    with reading() as session:
        assert not session.get_one(Form, made.id).is_open


@pytest.mark.usefixtures("world")
def test_a_form_is_opened_from_the_list_and_kept_under_its_address(open_as: OpenAs) -> None:
    page = press(opened(open_as, FORMS), "forms.table", "open", "1")
    assert not page.exception, page.exception
    page.text_input(key="forms.edit.label.first_name").set_value("What is your name?")
    click(page, "forms.edit.save")
    with reading() as session:
        kept = session.get_one(Form, 1)
        assert kept.fields[1]["label"] == {"en": "What is your name?"}
        assert kept.version == 2
    page.button_group(key="forms.part").set_value("sent").run()
    assert not page.exception, page.exception


@pytest.mark.usefixtures("world")
def test_a_template_is_given_the_topic_its_mails_belong_to(open_as: OpenAs, now: datetime) -> None:
    with transaction() as session:
        given = templates.TemplateInput("Sale", "other", MessageClass.PROMOTIONAL)
        texts_ = {"en": {"subject": "Sale", "body": "[Leave]({{ links.unsubscribe }})"}}
        made = templates.add_template(session, ADMIN, given=given, texts=texts_, now=now)
    page = press(opened(open_as, "workspace/templates.py"), "templates.table", "open", str(made.id))
    assert not page.exception, page.exception
    page.selectbox(key="templates.edit.topic_id").set_value(1).run()
    assert not page.exception, page.exception
    with reading() as session:
        assert session.get_one(Template, made.id).topic_id == 1
