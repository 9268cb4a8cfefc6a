"""What a mail says about leaving, and how the way out honours what people chose."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session

from core import clock, signing
from core.consent import topics, wishes
from core.consent.models import Topic
from core.consent.service import note_consent
from core.consent.terms import ConsentState, TopicInput, TopicRule, Wishes
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.i18n.terms import Language
from core.messages import links, optout
from core.messages.terms import MessageClass, MessageStatus, Reason
from core.messages.worker import Worker
from core.profiles import service as profiles
from core.profiles.terms import Asked
from core.templates.models import Template, TemplateVersion
from tests.support.cast import administrator, make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread, send_to
from tests.support.stores import forget_process_state

R, P, T, S = (MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL, MessageClass.TRANSACTIONAL,
              MessageClass.SERVICE)  # fmt: skip
C = ConsentState


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        monkeypatch.setenv("CHAPAR_PUBLIC_URL", "https://mail.example.org")
        send_to(made, monkeypatch)
        forget_process_state()
        yield made


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def someone(session: Session, email: str = "sara@example.com", **details: object) -> Contact:
    make_organisation(session)
    without_limits(session)
    return make_contact(session, email, **{"language": Language.EN, **details})


def topic_of(session: Session, version_id: int, rule: TopicRule = TopicRule.OPT_IN) -> Topic:
    """Give the template of this version a topic of its own."""
    given = TopicInput(names={"en": "Offers"}, promises={"en": "One mail a week"}, rule=rule)
    made = topics.create_topic(session, administrator(), given=given, now=clock.now())
    version = session.get_one(TemplateVersion, version_id)
    session.get_one(Template, version.template_id).topic_id = made.id
    session.flush()
    return made


@pytest.mark.spec("U06", "S83", "T46")
def test_mail_that_can_be_left_says_how_in_its_headers_and_at_its_foot(
    inbox: Inbox, worker: Worker
) -> None:
    with transaction() as session:
        sara = someone(session)
        version = make_template(session, P)
        topic = topic_of(session, version)
        note_consent(session, contact_id=sara.id, topic_id=topic.id, state=C.CONFIRMED,
                     source="test", now=clock.now())  # fmt: skip
        message = queue_one(session, sara, version)
    drain_all(worker)
    (mail,) = inbox.wait_for(1)
    address = links.ready(message)[links.UNSUBSCRIBE]
    assert address.startswith("https://mail.example.org/u/")
    assert mail.parsed()["List-Unsubscribe"] == f"<{address}>"
    assert mail.parsed()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in ("plain", "html"):
        text = mail.parsed().get_body((part,)).get_content()  # type: ignore[union-attr]
        assert address in text
        assert links.preferences(sara.id) in text
        assert "Offers: One mail a week" in text


@pytest.mark.spec("T46")
@pytest.mark.parametrize(
    ("klass", "kind"),
    [(T, ContactKind.CUSTOMER), (S, ContactKind.CUSTOMER), (R, ContactKind.EMPLOYEE)],
)
def test_mail_that_has_to_arrive_and_mail_to_staff_carry_no_way_out(
    inbox: Inbox, worker: Worker, klass: MessageClass, kind: ContactKind
) -> None:
    with transaction() as session:
        sara = someone(session, kind=kind)
        queue_one(session, sara, make_template(session, klass))
    drain_all(worker)
    (mail,) = inbox.wait_for(1)
    assert mail.parsed()["List-Unsubscribe"] is None
    assert "/u/" not in mail.parsed().get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_every_template_may_place_the_links_itself(inbox: Inbox, worker: Worker) -> None:
    with transaction() as session:
        sara = someone(session)
        version = session.get_one(TemplateVersion, make_template(session, T))
        body = "[Choose]({{ links.preferences }}) [Leave]({{ links.unsubscribe }})"
        version.texts = {"en": {"subject": "Hello", "body": body}}
        session.flush()
        message = queue_one(session, sara, version.id, values={"links": {"unsubscribe": "evil"}})
    drain_all(worker)
    (mail,) = inbox.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert links.ready(message)[links.UNSUBSCRIBE] in text
    assert "evil" not in text


@pytest.mark.spec("U04")
def test_a_pause_holds_mail_until_it_ends_or_is_taken_back(inbox: Inbox, worker: Worker) -> None:
    with transaction() as session:
        sara = someone(session)
        until = clock.now() + timedelta(days=2)
        optout.set_wishes(session, sara.id, Wishes(paused_until=until), now=clock.now())
        message = queue_one(session, sara, make_template(session, R))
    drain_all(worker)
    held = reread(message)
    assert (held.status, held.reason) == (MessageStatus.QUEUED, Reason.OWN_PAUSE)
    assert held.due_at == until
    with transaction() as session:
        optout.set_wishes(session, sara.id, Wishes(), now=clock.now())
    drain_all(worker)
    assert reread(message).status is MessageStatus.SENT


@pytest.mark.spec("U04")
def test_a_limit_of_ones_own_lets_so_many_through(inbox: Inbox, worker: Worker) -> None:
    with transaction() as session:
        sara = someone(session)
        limit = Wishes(at_most=1, window_s=5 * 86400)
        optout.set_wishes(session, sara.id, limit, now=clock.now())
        version = make_template(session, R)
        sent = [queue_one(session, sara, version, key=str(n)) for n in range(2)]
        urgent = queue_one(session, sara, make_template(session, T, "Receipt"), key="receipt")
    drain_all(worker)
    first, second = sorted((reread(one) for one in sent), key=lambda one: one.status.value)[::-1]
    assert first.status is MessageStatus.SENT
    assert (second.status, second.reason) == (MessageStatus.QUEUED, Reason.OWN_LIMIT)
    assert reread(urgent).status is MessageStatus.SENT


@pytest.mark.spec("U04", "S32")
def test_the_profile_shows_a_limit_of_ones_own_as_admission_counts_it(
    inbox: Inbox, worker: Worker
) -> None:
    with transaction() as session:
        sara = someone(session)
        optout.set_wishes(session, sara.id, Wishes(at_most=1, window_s=86_400), now=clock.now())
        version = make_template(session, R)
        both = [queue_one(session, sara, version, key=str(n)) for n in range(2)]
    drain_all(worker)
    (held,) = [one for one in map(reread, both) if one.status is MessageStatus.QUEUED]
    asked = Asked(public_id=sara.public_id, part="caps")
    with reading() as session:
        first, use, *_ = profiles.read_part(session, administrator(), asked=asked, now=clock.now())
    assert (first.code, first.values["name"]) == ("profile.cap.full", "profile.cap.own")
    assert (first.values["used"], first.values["limit"]) == (1, 1)
    assert first.values["free_at"] == held.due_at
    assert use.note_code == "profile.cap.use"


@pytest.mark.spec("U03", "S80")
def test_an_unconfirmed_person_gets_no_promotion_with_or_without_a_topic(
    inbox: Inbox, worker: Worker
) -> None:
    with transaction() as session:
        sara = someone(session)
        version = make_template(session, P)
        topic = topic_of(session, version, TopicRule.OPT_OUT)
        note_consent(session, contact_id=sara.id, topic_id=topic.id, state=C.UNCONFIRMED,
                     source="import:1", now=clock.now())  # fmt: skip
        plain = make_template(session, P, "Plain")
        stopped = [
            queue_one(session, sara, version, key="topic"),
            queue_one(session, sara, plain, key="none"),
        ]
        fine = queue_one(session, sara, make_template(session, R, "Other"), key="other")
    drain_all(worker)
    for one in stopped:
        assert (reread(one).status, reread(one).reason) == (
            MessageStatus.DROPPED, Reason.NO_CONSENT)  # fmt: skip
    assert reread(fine).status is MessageStatus.SENT


def test_a_link_of_another_purpose_or_of_nobody_leads_nowhere(store: str) -> None:
    with transaction() as session:
        sara = someone(session)
        message = queue_one(session, sara, make_template(session, R))
        now = clock.now()
        good = signing.token(links.UNSUBSCRIBE, message.id)
        assert optout.leaver_of(session, good, now=now) is not None
        assert optout.owner_of(session, good, now=now) is None
        assert optout.leaver_of(session, signing.token(links.UNSUBSCRIBE, 10**9), now=now) is None
        sara.erased_at = now
        session.add(sara)
        session.flush()
        assert optout.leaver_of(session, good, now=now) is None
        wishes.leave_all(session, sara.id, source="test", ip=None, now=now)
        assert optout.left(session, optout.Leaver(sara, None, message.id)) is optout.Scope.ALL
