"""The one way out: queue, admit, hand over, record, on a real store and to a real inbox."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from sqlmodel import select

from core import clock
from core.consent import service as consent
from core.consent.terms import SuppressionReason
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.i18n.terms import Language
from core.messages import service as messages
from core.messages import worker as module
from core.messages.models import CapRule, Decision, Delivery, Message, QuietRule, SendLedger
from core.messages.terms import MessageClass, MessageStatus, Reason
from core.messages.worker import Worker
from tests.support.cast import administrator, make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread, send_to

R, P, T = MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL, MessageClass.TRANSACTIONAL


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        yield made


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def someone(email: str = "sara@example.com", **details: object) -> Contact:
    with transaction() as session:
        make_organisation(session)
        without_limits(session, caps=False)
        return make_contact(session, email, **details)


def version_of(klass: MessageClass) -> int:
    with transaction() as session:
        return make_template(session, klass)


def test_a_message_reaches_the_inbox_in_the_persons_language(inbox: Inbox, worker: Worker) -> None:
    person = someone(first_name="سارا", language=Language.FA)
    version = version_of(R)
    with transaction() as session:
        message = queue_one(session, person, version)
    assert drain_all(worker) == 1
    (mail,) = inbox.wait_for(1)
    parsed = mail.parsed()
    assert str(parsed["Subject"]) == "سلام سارا"
    assert str(parsed["Message-ID"]).strip("<>").startswith(message.public_id)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.SENT, Reason.SENT)
    with reading() as session:
        attempt = session.exec(select(Delivery)).one()
    assert (attempt.kind, attempt.reply_code) == ("sent", 250)


def test_the_same_key_queues_once_and_sends_once(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(), version_of(R)
    for _ in range(3):
        with transaction() as session:
            queue_one(session, person, version)
    drain_all(worker)
    drain_all(worker)
    assert len(inbox.wait_for(1)) == 1
    assert inbox.stays_at(1, 0.3)


def test_a_suppressed_person_gets_nothing_and_the_reason_is_kept(
    inbox: Inbox, worker: Worker
) -> None:
    person, version = someone(), version_of(R)
    with transaction() as session:
        consent.place(
            session, reason=SuppressionReason.COMPLAINT, contact_id=person.id, now=clock.now()
        )
        message = queue_one(session, person, version)
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.DROPPED, Reason.SUPPRESSED)
    assert inbox.messages == []
    with reading() as session:
        why = messages.explain(
            session, administrator(), public_id=message.public_id, now=clock.now()
        )
    assert why.checks[-1]["name"] == "suppression"
    assert why.detail == "complaint"


@pytest.mark.spec("S85")
def test_a_third_mail_is_deferred_by_the_cap_until_its_slot_opens(
    inbox: Inbox, worker: Worker
) -> None:
    person, version = someone(), version_of(R)
    with transaction() as session:
        queued = [queue_one(session, person, version, key=f"k{n}") for n in range(3)]
    drain_all(worker)
    inbox.wait_for(2)
    last = reread(queued[2])
    assert (last.status, last.reason) == (MessageStatus.QUEUED, Reason.CAPPED)
    assert last.due_at - clock.now() > timedelta(hours=23)
    with reading() as session:
        assert len(session.exec(select(SendLedger)).all()) == 2


def test_the_last_slot_is_kept_for_a_more_pressing_message_already_planned(
    inbox: Inbox, worker: Worker
) -> None:
    person, version = someone(), version_of(R)
    with transaction() as session:
        for rule in session.exec(select(CapRule)):
            rule.limit, rule.is_enabled = 1, rule.window_s == 86_400
        later = clock.now() + timedelta(hours=2)
        queue_one(session, person, version, key="cart", priority=3, due_at=later)
        news = queue_one(session, person, version, key="news", priority=6)
    drain_all(worker)
    after = reread(news)
    assert (after.status, after.reason) == (MessageStatus.QUEUED, Reason.CAPPED)
    assert after.due_at >= later + timedelta(days=1)
    assert inbox.messages == []


def test_quiet_hours_hold_a_mail_and_explain_until_when(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(time_zone="UTC"), version_of(R)
    here = clock.now()
    ends = (here + timedelta(hours=2)).replace(second=0, microsecond=0)
    with transaction() as session:
        for rule in session.exec(select(QuietRule)):
            rule.is_enabled = True
            rule.starts = (here - timedelta(hours=1)).time().replace(second=0, microsecond=0)
            rule.ends = time(ends.hour, ends.minute)
        message = queue_one(session, person, version)
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.QUEUED, Reason.QUIET_HOURS)
    assert after.due_at == ends
    assert inbox.messages == []


@pytest.mark.spec("U33")
def test_staff_over_their_cap_get_one_digest_in_the_morning(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(kind=ContactKind.EMPLOYEE, language=Language.EN), version_of(R)
    with transaction() as session:
        for rule in session.exec(select(CapRule)):
            rule.limit = 1
        queued = [queue_one(session, person, version, key=f"k{n}") for n in range(3)]
    drain_all(worker)
    inbox.wait_for(1)
    assert {reread(one).status for one in queued[1:]} == {MessageStatus.DIGESTED}
    with transaction() as session:
        digest = session.exec(select(Message).where(Message.subject_type == "digest")).one()
        assert digest.values["item_count"] == 2
        digest.due_at = clock.now()
    drain_all(worker)
    mail = inbox.wait_for(2)[1].parsed()
    assert str(mail["Subject"]) == "2 notices from yesterday"


@pytest.mark.parametrize(
    ("subject", "values"),
    [("{{ count | number }} left", {"count": "many"}), ("{{ day | date }}", {"day": "some day"})],
)
def test_a_notice_whose_data_does_not_fit_stands_in_the_digest_by_name(
    inbox: Inbox, worker: Worker, subject: str, values: dict[str, object]
) -> None:
    person = someone(kind=ContactKind.EMPLOYEE, language=Language.EN)
    with transaction() as session:
        for rule in session.exec(select(CapRule)):
            rule.limit = 1
        text = {"en": {"subject": subject, "body": "Text"}}
        version = make_template(session, R, name="Stock report", texts=text)
        queue_one(session, person, make_template(session, R, name="Other"), priority=1)
        message = queue_one(session, person, version, key="bad", values=values)
    drain_all(worker)
    assert reread(message).status is MessageStatus.DIGESTED
    with reading() as session:
        digest = session.exec(select(Message).where(Message.subject_type == "digest")).one()
    assert digest.values["items"] == [{"title": "Stock report"}]


@pytest.mark.spec("S129")
def test_a_manual_send_waits_and_can_be_taken_back(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(), version_of(R)
    with transaction() as session:
        message = messages.send_by_hand(
            session, administrator(), contact_id=person.id, template_version_id=version,
            now=clock.now(),
        )  # fmt: skip
    assert message.recall_until is not None
    assert message.recall_until - clock.now() > timedelta(seconds=25)
    assert drain_all(worker) == 0
    with transaction() as session:
        messages.recall(session, administrator(), public_id=message.public_id, now=clock.now())
        session.get_one(Message, message.id).due_at = clock.now()
    assert drain_all(worker) == 0
    assert reread(message).status is MessageStatus.CANCELLED
    assert inbox.messages == []


def test_a_temporary_refusal_is_tried_again_and_its_slot_given_back(
    inbox: Inbox, worker: Worker
) -> None:
    person, version = someone(), version_of(R)
    inbox.replies["rcpt"] = "451 4.3.0 later"
    with transaction() as session:
        message = queue_one(session, person, version)
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.QUEUED, Reason.SMTP_TEMP)
    assert after.due_at > clock.now() + timedelta(seconds=30)
    with reading() as session:
        assert session.exec(select(SendLedger)).all() == []
    inbox.replies.clear()
    with transaction() as session:
        session.get_one(Message, message.id).due_at = clock.now()
    drain_all(worker)
    inbox.wait_for(1)
    assert reread(message).status is MessageStatus.SENT


def test_an_unknown_mailbox_fails_and_suppresses_the_address(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(), version_of(R)
    inbox.replies["rcpt"] = "550 5.1.1 no such user"
    with transaction() as session:
        first = queue_one(session, person, version)
    drain_all(worker)
    assert reread(first).status is MessageStatus.FAILED
    with transaction() as session:
        second = queue_one(session, person, version, key="two")
    drain_all(worker)
    after = reread(second)
    assert (after.status, after.reason_detail) == (MessageStatus.DROPPED, "hard_bounce")


@pytest.mark.spec("R22")
def test_an_opt_out_between_admission_and_the_fence_stops_the_mail(
    inbox: Inbox, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, version = someone(), version_of(R)
    with transaction() as session:
        message = queue_one(session, person, version)
    build = module._build

    def opt_out_meanwhile(parcel: object) -> object:
        with transaction() as session:
            consent.place(
                session, reason=SuppressionReason.UNSUBSCRIBED, contact_id=person.id,
                now=datetime.fromisoformat("2020-01-01T00:00:00+00:00"),
            )  # fmt: skip
        return build(parcel)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_build", opt_out_meanwhile)
    drain_all(worker)
    drain_all(worker)
    assert inbox.messages == []
    assert reread(message).reason is Reason.SUPPRESSED


def test_missing_data_is_named_before_anything_is_sent(inbox: Inbox, worker: Worker) -> None:
    person, version = someone(first_name=""), version_of(R)
    with transaction() as session:
        message = queue_one(session, person, version)
    drain_all(worker)
    after = reread(message)
    assert (after.reason, after.reason_detail) == (Reason.MISSING_DATA, "contact.first_name")


@pytest.mark.parametrize("subject", ["{{ count | number }} left", "{{ count | money('GBP') }}"])
def test_a_mail_whose_data_does_not_fit_is_dropped_with_the_reason(
    inbox: Inbox, worker: Worker, subject: str
) -> None:
    person = someone(language=Language.EN)
    with transaction() as session:
        text = {"en": {"subject": subject, "body": "Text"}}
        version = make_template(session, R, name="Stock", texts=text)
        message = queue_one(session, person, version, values={"count": "many"})
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.DROPPED, Reason.RENDER_ERROR)
    assert after.reason_detail == "template.cannot_render"


def test_a_mail_on_which_the_code_stumbles_is_tried_three_times_and_the_others_leave(
    inbox: Inbox, worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    person, version = someone(), version_of(T)
    with transaction() as session:
        queued = [queue_one(session, person, version, key=f"k{n}") for n in range(3)]
    compose = module.compose

    def stumble(parcel: module.Parcel) -> object:
        if parcel.message.id == queued[0].id:
            raise ZeroDivisionError
        return compose(parcel)

    monkeypatch.setattr(module, "compose", stumble)
    for _ in range(3):
        assert reread(queued[0]).status is MessageStatus.QUEUED
        with transaction() as session:
            session.get_one(Message, queued[0].id).due_at = clock.now()
        drain_all(worker)
    assert len(inbox.wait_for(2)) == 2
    first, *others = map(reread, queued)
    assert (first.status, first.reason) == (MessageStatus.DROPPED, Reason.RENDER_ERROR)
    assert {one.status for one in others} == {MessageStatus.SENT}
    assert caplog.text.count("cannot be made") == 3


def test_every_message_leaves_a_decision_and_states_add_up(inbox: Inbox, worker: Worker) -> None:
    version = 0
    for number in range(12):
        person = someone(f"p{number}@example.com", first_name="" if number % 4 == 0 else "A")
        version = version or version_of(T)
        with transaction() as session:
            queue_one(session, person, version, key=f"k{number}")
    drain_all(worker)
    inbox.wait_for(9)
    with reading() as session:
        rows = session.exec(select(Message)).all()
        decided = {row.message_id for row in session.exec(select(Decision))}
    assert {row.id for row in rows} == decided
    states = [row.status for row in rows]
    assert states.count(MessageStatus.SENT) == 9
    assert states.count(MessageStatus.DROPPED) == 3
