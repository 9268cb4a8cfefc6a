"""Links in mails: unsubscribe, preferences, the second yes. Opening one never changes anything."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, SQLModel, select
from starlette.testclient import TestClient

from core import clock, signing
from core.consent import queries as consent
from core.consent import topics, wishes
from core.consent.models import ConsentEvent, Preference, Suppression
from core.consent.sealing import verify
from core.consent.service import note_consent
from core.consent.terms import ConsentState, TopicInput
from core.contacts.models import Contact
from core.db import reading, transaction
from core.i18n.terms import Language
from core.messages import links
from core.messages.models import Message
from core.messages.terms import MessageClass
from core.templates.models import Template, TemplateVersion
from tests.support.cast import administrator, make_contact, make_organisation
from tests.support.door import site_app
from tests.support.sending import make_template, queue_one

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()
AGENTS = ("Mozilla/5.0", "GoogleImageProxy", "BarracudaCentral", "Microsoft Office", "curl/8", "")
TABLES = ("contact", "consent_event", "subscription", "suppression", "preference", "message",
          "submission", "contact_identity", "public_attempt")  # fmt: skip
C = ConsentState


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    with TestClient(site_app(), base_url="http://localhost:8501") as made:
        yield made


class World:
    """Sara, who gets the topic "Offers", and a mail of it that she was sent."""

    def __init__(self, session: Session) -> None:
        now = clock.now()
        make_organisation(session).name = "Chapar Shop"
        given = TopicInput(
            names={"en": "Offers", "fa": "پیشنهادها"},
            promises={"en": "One a week", "fa": "هفته‌ای یکی"},
            is_public=True,
        )
        self.topic = topics.create_topic(session, ADMIN, given=given, now=now)
        more = TopicInput(names={"en": "News"}, promises={"en": "Now and then"}, is_public=True)
        self.news = topics.create_topic(session, ADMIN, given=more, now=now)
        self.sara = make_contact(session, "sara@example.com", language=Language.EN)
        for topic in (self.topic, self.news):
            note_consent(session, contact_id=self.sara.id, topic_id=topic.id, state=C.CONFIRMED,
                         source="test", now=now)  # fmt: skip
        version = make_template(session, MessageClass.PROMOTIONAL)
        self.plain = queue_one(session, self.sara, version, key="plain")
        found = session.get_one(Template, session.get_one(TemplateVersion, version).template_id)
        found.topic_id = self.topic.id
        self.mail = queue_one(session, self.sara, version, key="of a topic")

    @property
    def leave(self) -> str:
        return path(links.ready(self.mail)[links.UNSUBSCRIBE])

    @property
    def centre(self) -> str:
        return path(links.preferences(self.sara.id))


def path(address: str) -> str:
    return address.removeprefix("http://localhost:8501")


@pytest.fixture
def world(store: str) -> World:
    with transaction() as session:
        return World(session)


def states(world: World) -> list[ConsentState | None]:
    with reading() as session:
        pairs = [(world.sara.id, one.id) for one in (world.topic, world.news)]
        found = consent.consent_states(session, pairs)
        return [found.get(pair) for pair in pairs]


def is_gone(world: World) -> bool:
    with reading() as session:
        return wishes.is_gone(session, world.sara.id)


def everything() -> dict[str, list[object]]:
    with reading() as session:
        kept = {one: SQLModel.metadata.tables[one] for one in TABLES}
        return {one: list(session.execute(table.select().order_by(table.c.id)).all())
                for one, table in kept.items()}  # fmt: skip


@pytest.mark.spec("T17", "U05")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_a_link_however_often_changes_nothing(
    client: TestClient, world: World, method: str
) -> None:
    token = signing.token("confirm", world.sara.id)
    with transaction() as session:
        note_consent(session, contact_id=world.sara.id, topic_id=world.news.id,
                     state=C.UNCONFIRMED, source="form:1", now=clock.now())  # fmt: skip
    before = everything()
    for address in (world.leave, world.centre, f"/p/confirm/{token}", "/p/fresh", "/u/false"):
        for agent in AGENTS[:3]:
            answer = client.request(method, address, headers={"user-agent": agent})
            assert answer.status_code == (404 if "false" in address else 200)
    assert everything() == before


@pytest.mark.spec("T17", "U06")
def test_one_click_without_cookie_or_origin_acts_at_once_and_again_is_fine(
    client: TestClient, world: World
) -> None:
    for _ in range(2):
        answer = client.post(world.leave, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert answer.history == []
        assert states(world) == [C.UNSUBSCRIBED, C.CONFIRMED]
    with reading() as session:
        steps = session.exec(select(ConsentEvent).where(ConsentEvent.state == C.UNSUBSCRIBED)).all()
        assert [one.source for one in steps] == [f"message:{world.mail.id}"]
        assert verify(session).is_sound


@pytest.mark.spec("U06")
def test_one_click_in_a_mail_of_no_topic_leaves_everything(
    client: TestClient, world: World
) -> None:
    address = path(links.ready(world.plain)[links.UNSUBSCRIBE])
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert is_gone(world)
    assert states(world) == [C.UNSUBSCRIBED, C.UNSUBSCRIBED]


def test_the_page_offers_the_topic_and_everything(client: TestClient, world: World) -> None:
    page = client.get(world.leave).text
    assert "Chapar Shop" in page
    assert "Offers" in page
    done = client.post(world.leave, data={"scope": "topic"})
    assert "We will send no more mails" in done.text
    assert not is_gone(world)
    assert "Done" in client.post(world.leave, data={"scope": "all"}).text
    assert is_gone(world)


@pytest.mark.parametrize(("code", "start"), [("fa", 'lang="fa" dir="rtl"'), ("ar", 'lang="ar"')])
def test_a_language_can_be_picked_on_the_page(
    client: TestClient, world: World, code: str, start: str
) -> None:
    for address in (world.leave, world.centre):
        assert start in client.get(f"{address}?lang={code}").text
    assert 'lang="en" dir="ltr"' in client.get(world.centre).text


@pytest.mark.spec("U04", "U03")
def test_the_preference_centre_keeps_topics_pause_limit_and_language(
    client: TestClient, world: World
) -> None:
    page = client.get(world.centre).text
    assert page.count(" checked") == 2
    assert "One a week" in page
    chosen = {"topic": str(world.news.id), "pause": "30", "at_most": "2", "period": "week",
              "language": "fa", "act": "save"}  # fmt: skip
    answer = client.post(world.centre, data=chosen)
    assert answer.status_code == 200
    assert 'lang="fa"' in answer.text
    assert states(world) == [C.UNSUBSCRIBED, C.CONFIRMED]
    with reading() as session:
        (kept,) = session.exec(select(Preference)).all()
        assert (kept.at_most, kept.window_s) == (2, 7 * 86400)
        assert kept.paused_until is not None
        assert timedelta(29) < kept.paused_until - clock.now() < timedelta(31)
        assert session.get_one(Contact, world.sara.id).language is Language.FA
    client.post(world.centre, data={"topic": [str(world.topic.id)], "act": "save"})
    assert states(world) == [C.CONFIRMED, C.UNSUBSCRIBED]
    with reading() as session:
        (kept,) = session.exec(select(Preference)).all()
        assert (kept.at_most, kept.paused_until) == (None, None)


def test_a_pause_between_two_days_is_read_in_the_calendar_of_the_page(
    client: TestClient, world: World
) -> None:
    with transaction() as session:
        session.get_one(Contact, world.sara.id).language = Language.FA
    sent = {"pause": "dates", "until": "۱۴۰۰/۰۱/۰۱", "act": "save"}
    assert client.post(world.centre, data=sent).status_code == 422
    wrong = client.post(world.centre, data={**sent, "until": "فردا"})
    assert wrong.status_code == 422
    assert "فردا" in wrong.text
    assert client.post(world.centre, data={**sent, "until": ""}).status_code == 422
    page = client.get(world.centre).text
    example = page.split('placeholder="')[1].split('"')[0]
    assert client.post(world.centre, data={**sent, "until": example}).status_code == 200
    assert f'value="{example}"' in client.get(world.centre).text


def test_leaving_all_and_coming_back_by_the_centre(client: TestClient, world: World) -> None:
    client.post(world.centre, data={"act": "all"})
    assert is_gone(world)
    assert " checked" not in client.get(world.centre).text
    client.post(world.centre, data={"topic": str(world.topic.id), "act": "save"})
    assert not is_gone(world)
    assert states(world) == [C.CONFIRMED, C.UNSUBSCRIBED]
    with reading() as session:
        assert len(session.exec(select(Suppression)).all()) == 1


@pytest.mark.spec("T19")
def test_a_wrong_link_offers_a_fresh_one_with_the_same_answer_for_everybody(
    client: TestClient, world: World
) -> None:
    foreign = signing.token(links.PREFERENCES, world.mail.id)
    swapped = signing.token(links.UNSUBSCRIBE, world.sara.id)
    for address in (f"/u/{foreign}", f"/p/{swapped}", "/p/x", f"/p/confirm/{foreign}",
                    f"/p/{signing.token(links.PREFERENCES, 10**9)}"):  # fmt: skip
        for method in ("GET", "POST"):
            answer = client.request(method, address)
            assert answer.status_code == 404
            assert 'action="/p/fresh' in answer.text
    said = {
        client.post("/p/fresh", data={"email": one}).text.split("<main")[1]
        for one in ("sara@example.com", "SARA@example.com", "nobody@example.com", "no address", "")
    }
    assert len(said) == 1
    with reading() as session:
        statement = select(Message).where(Message.klass == MessageClass.TRANSACTIONAL)
        (mail,) = session.exec(statement).all()
        assert mail.contact_id == world.sara.id
        assert mail.template_version_id is not None
        assert "links" not in mail.values  # made when it is written, for the person it goes to
        assert path(links.ready(mail)[links.PREFERENCES]) == world.centre


@pytest.mark.spec("U02", "U05")
def test_the_second_yes_is_given_by_the_button_and_the_link_works_again(
    client: TestClient, world: World
) -> None:
    with transaction() as session:
        for topic, source in ((world.topic, "form:1"), (world.news, "import:1")):
            note_consent(session, contact_id=world.sara.id, topic_id=topic.id,
                         state=C.UNCONFIRMED, source=source, now=clock.now())  # fmt: skip
    address = f"/p/confirm/{signing.token('confirm', world.sara.id)}"
    page = client.get(address).text
    assert "Offers" in page
    assert "News" not in page
    both = {"topic": [str(world.topic.id), str(world.news.id)]}
    for _ in range(2):
        answer = client.post(address, data=both)
        assert "confirmed" in answer.text
        assert states(world) == [C.CONFIRMED, C.UNCONFIRMED]
    assert "confirmed" in client.get(address).text
