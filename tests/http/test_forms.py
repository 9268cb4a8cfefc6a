"""Forms that people outside fill in, as a browser, a plain page and a robot send them."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from core import clock, signing
from core.consent import domains, policy, topics
from core.consent import queries as consent
from core.consent.models import ConsentEvent, Topic
from core.consent.terms import ConsentState, ThrowawayRule, TopicInput
from core.contacts import tagging
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactStatus
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.events.models import Event
from core.forms import confirming, rules, service, stamps
from core.forms.models import Form, Submission
from core.forms.terms import FieldInput, FormInput, SubmissionState, Upload
from core.i18n.terms import Language
from core.messages import links
from core.messages.models import Message
from tests.support.cast import administrator, make_contact, make_organisation
from tests.support.door import site_app

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()
FIELDS = (FieldInput(field="email"), FieldInput(field="first_name", label="Your name"),
          FieldInput(field="phone"), FieldInput(field="city", is_required=True))  # fmt: skip
C = ConsentState


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    with TestClient(site_app(), base_url="http://localhost:8501", follow_redirects=False) as made:
        yield made


def topic(session: Session, name: str = "Offers", **more: object) -> Topic:
    given = TopicInput(names={"en": name}, promises={"en": "One a week"},
                       **{"is_public": True, **more})  # type: ignore[arg-type]  # fmt: skip
    return topics.create_topic(session, ADMIN, given=given, now=clock.now())


def make_form(session: Session, **more: object) -> Form:
    given = {"name": "Fair", "language": Language.EN, "fields": FIELDS, "source": "fair", **more}
    return service.create_form(session, ADMIN, given=FormInput(**given), now=clock.now())  # type: ignore[arg-type]


@pytest.fixture
def form(store: str) -> Form:
    with transaction() as session:
        make_organisation(session)
        return make_form(session, topic_ids=[topic(session).id])


def worked(form: Form) -> dict[str, str]:
    """What the page's script adds: a stamp and the nonce that proves the work."""
    stamp = stamps.make(form.public_id, now=clock.now())
    nonce = next(n for n in range(10**7) if rules.is_worked(stamp, str(n)))
    return {"stamp": stamp, "nonce": str(nonce)}


def send(
    client: TestClient, form: Form, fields: Mapping[str, object] | None = None, **headers: str
) -> tuple[int, str]:
    given = {"email": "sara@example.com", "first_name": "Sara", "city": "Yazd", **(fields or {})}
    answer = client.post(f"/f/{form.public_id}", data={**worked(form), **given}, headers=headers)
    return answer.status_code, answer.text.partition("<main")[2]


def count(table: type[object]) -> int:
    with reading() as session:
        return len(session.exec(select(table)).all())


def link_in(mail: Message, name: str) -> str:
    """Return the path of a link as its person gets it; in the store it is not signed yet."""
    kept = mail.values["links"]
    assert isinstance(kept, dict)
    return links.signed(str(kept[name]), mail).removeprefix("http://localhost:8501")


def mails() -> list[Message]:
    with reading() as session:
        return list(session.exec(select(Message).order_by(col(Message.id))).all())


@pytest.mark.spec("S81", "U62")
def test_the_page_states_topic_and_promise_and_runs_only_our_own_script(
    client: TestClient, form: Form
) -> None:
    answer = client.get(f"/f/{form.public_id}")
    assert "One a week" in answer.text
    assert "Your name" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    framed = client.get(f"/f/{form.public_id}/frame")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]


@pytest.mark.spec("S26", "S81", "S82")
def test_a_sign_up_makes_a_person_with_source_and_consent_that_waits_for_the_second_yes(
    client: TestClient, form: Form
) -> None:
    status, page = send(client, form, {"phone": "0912 345 6789"})
    assert status == 200
    assert "confirm" in page
    with reading() as session:
        (person,) = session.exec(select(Contact).where(Contact.source == "fair")).all()
        assert (person.first_name, person.city, person.sub_source) == ("Sara", "Yazd", "Fair")
        assert person.first_touch_at is not None
        (step,) = session.exec(select(ConsentEvent)).all()
        assert (step.state, step.source, step.text_version) == (C.UNCONFIRMED, "form:1", "1")
        assert step.ip == "testclient"
        (sent,) = session.exec(select(Submission)).all()
        assert sent.state is SubmissionState.WAITING
        names = session.exec(select(Event.name).order_by(col(Event.id))).all()
        assert names == ["contact.created", "form.submitted", "consent.unconfirmed"]
    (mail,) = mails()
    path = link_in(mail, "confirm")
    client.get(path)
    assert consent_of(form, person) is C.UNCONFIRMED
    client.post(path, data={"topic": form.topic_ids})
    assert consent_of(form, person) is C.CONFIRMED
    with reading() as session:
        assert session.get_one(Submission, sent.id).state is SubmissionState.CONFIRMED
        verified = session.exec(select(ContactIdentity.verified_at)).all()
        assert any(verified)


def consent_of(form: Form, person: Contact) -> ConsentState | None:
    pair = (person.id, form.topic_ids[0])
    with reading() as session:
        return consent.consent_states(session, [pair]).get(pair)


@pytest.mark.spec("T19", "S81")
def test_a_flood_for_one_address_gets_one_mail_and_the_same_answer_each_time(
    client: TestClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.http.forms.WORKED_PER_IP", 10_000)
    with transaction() as session:
        make_contact(session, "known@example.com")
    answers = {send(client, form) for _ in range(12)}
    answers |= {send(client, form, {"email": "known@example.com"})}
    assert len(answers) == 1
    assert len(mails()) == 2
    assert count(Submission) == 6
    assert count(ConsentEvent) == 2


@pytest.mark.spec("U02")
def test_who_signs_up_again_unconfirmed_is_asked_again_after_an_hour(
    client: TestClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, form)
    now = clock.now()
    for minutes, expected in ((59, 1), (61, 2)):
        later = now + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda later=later: later)
        send(client, form)
        assert len(mails()) == expected


@pytest.mark.spec("T18")
def test_an_internal_topic_or_an_unknown_form_is_404_and_nothing_is_stored(
    client: TestClient, form: Form
) -> None:
    with transaction() as session:
        hidden = topic(session, "Inside", is_public=False)
        both = make_form(session, topic_ids=[form.topic_ids[0], topic(session, "News").id])
        closed = make_form(session)
        service.close_form(session, ADMIN, form_id=closed.id, seen_version=1, now=clock.now())
        with pytest.raises(Invalid, match="topic_not_public"):
            make_form(session, topic_ids=[hidden.id])
    assert send(client, both, {"topic": str(hidden.id)})[0] == 404
    assert send(client, both, {"topic": "x"})[0] == 404
    assert send(client, closed)[0] == 404
    assert client.get("/f/frm_unknown").status_code == 404
    assert client.post("/f/frm_unknown", data={"email": "a@example.com"}).status_code == 404
    assert count(Submission) == count(ConsentEvent) == 0


def test_a_topic_made_internal_later_takes_nobody_in(client: TestClient, form: Form) -> None:
    with transaction() as session:
        session.get_one(Topic, form.topic_ids[0]).is_public = False
    assert send(client, form, {"topic": str(form.topic_ids[0])})[0] == 404
    assert count(ConsentEvent) == 0


@pytest.mark.spec("U62")
def test_without_script_a_stamp_some_seconds_old_is_enough_and_none_asks_once_more(
    client: TestClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {"email": "sara@example.com", "city": "Yazd"}
    page = client.post(f"/f/{form.public_id}", data=plain)
    assert page.status_code == 200
    assert count(Submission) == 0
    held = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    assert held["email"] == "sara@example.com"
    assert count(Submission) == 0
    client.post(f"/f/{form.public_id}", data=held)
    assert count(Submission) == 0
    later = clock.now() + timedelta(seconds=4)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "confirm" in client.post(f"/f/{form.public_id}", data=held).text
    assert count(Submission) == 1


def test_a_robot_that_fills_the_trap_is_thanked_and_forgotten(
    client: TestClient, form: Form
) -> None:
    honest = send(client, form, {"email": "other@example.com"})
    assert send(client, form, {"website": "https://spam.example"}) == honest
    assert count(Submission) == 1


def test_a_stamp_of_another_form_or_made_up_counts_for_nothing(
    client: TestClient, form: Form
) -> None:
    with transaction() as session:
        other = make_form(session)
    for stamp in (worked(other)["stamp"], "1.2.3", "", "x" * 500):
        fields = {"email": "a@example.com", "city": "Yazd", "stamp": stamp, "nonce": "1"}
        assert "hidden" in client.post(f"/f/{form.public_id}", data=fields).text
    assert count(Submission) == 0


def test_too_many_from_one_network_are_told_to_wait(
    client: TestClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.http.forms.WORKED_PER_IP", 2)
    codes = [send(client, form, {"email": f"p{n}@example.com"})[0] for n in range(3)]
    assert codes == [200, 200, 429]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "not an address"}, "field-email"),
        ({"city": " "}, "Please fill this in"),
        ({"email": "a@blocked.example.com"}, "no sign-ups from this domain"),
        ({"phone": "abc"}, "aria-invalid"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    client: TestClient, form: Form, fields: dict[str, str], said: str
) -> None:
    with transaction() as session:
        domains.block(session, ADMIN, domain="blocked.example.com", now=clock.now())
    status, page = send(client, form, {"first_name": "<b>Sara</b>", **fields})
    assert status == 422
    assert said in page or said == "field-email"
    assert "&lt;b&gt;Sara" in page
    assert count(Submission) == 0


def test_a_stranger_does_not_rewrite_somebody_who_is_known(client: TestClient, form: Form) -> None:
    with transaction() as session:
        make_contact(session, "sara@example.com", city="Qom")
    send(client, form, {"first_name": "Evil", "city": "Yazd"})
    with reading() as session:
        (person,) = session.exec(select(Contact).where(Contact.city == "Qom")).all()
        assert person.first_name == "Sara"
        (sent,) = session.exec(select(Submission)).all()
        assert sent.answers == {"first_name": "Evil", "city": "Yazd"}


def test_the_way_after_a_form_leads_where_it_says(client: TestClient, form: Form) -> None:
    with transaction() as session:
        onward = make_form(session, redirect_url="https://shop.example.com/thanks?a=1")
    fields = {**worked(onward), "email": "a@example.com", "city": "Yazd"}
    answer = client.post(f"/f/{onward.public_id}", data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://shop.example.com/thanks?a=1"
    policy = client.get(f"/f/{onward.public_id}").headers["content-security-policy"]
    assert "form-action 'self' https://shop.example.com;" in policy


@pytest.mark.spec("S50")
def test_the_file_comes_by_a_link_that_ends_and_taking_it_is_an_event(
    client: TestClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        gift = make_form(session, topic_ids=[topic(session, "Direct", is_double=False).id])
        pdf = Upload("راهنما.pdf", "application/pdf", b"%PDF-1.7 x")
        service.set_file(
            session, ADMIN, form_id=gift.id, seen_version=1, upload=pdf, now=clock.now()
        )
    send(client, gift)
    (mail,) = mails()
    path = link_in(mail, "file")
    assert client.head(path).status_code == 200
    taken = client.get(path)
    assert taken.content == b"%PDF-1.7 x"
    assert taken.headers["content-disposition"].startswith("attachment;")
    with reading() as session:
        got = session.exec(select(Event).where(Event.name == "file.downloaded")).all()
        assert len(got) == 1
        assert consent.consent_states(session, [(got[0].contact_id or 0, gift.topic_ids[0])])
    assert client.get(f"/d/{signing.token('confirm', 1)}").status_code == 404
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": " "}, "form.bad_name"),
        ({"fields": ()}, "form.no_email"),
        ({"fields": (FieldInput(field="email"), FieldInput(field="email"))}, "form.bad_fields"),
        ({"fields": (FieldInput(field="email"), FieldInput(field="owner_id"))}, "form.bad_fields"),
        ({"redirect_url": "javascript:alert(1)"}, "form.bad_url"),
        ({"redirect_url": "//evil.example"}, "form.bad_url"),
        ({"redirect_url": "https://a;b.example/"}, "form.bad_url"),
        ({"topic_ids": [999]}, "form.topic_not_public"),
    ],
)
def test_a_form_that_could_not_work_is_refused(
    form: Form, more: dict[str, object], code: str
) -> None:
    with transaction() as session, pytest.raises(Invalid, match=code):
        make_form(session, **more)


def test_a_form_is_changed_on_what_was_seen_only_and_its_address_stays(form: Form) -> None:
    given = FormInput(name="New", language=Language.FA, fields=FIELDS)
    with transaction() as session:
        changed = service.change_form(session, ADMIN, form_id=form.id, seen_version=1,
                                      given=given, now=clock.now())  # fmt: skip
        assert (changed.name, changed.public_id, changed.version) == ("New", form.public_id, 2)
        with pytest.raises(Conflict):
            service.change_form(session, ADMIN, form_id=form.id, seen_version=1, given=given,
                                now=clock.now())  # fmt: skip
        lines = service.list_forms(session, ADMIN)
        assert [(line.form.name, line.submission_count) for line in lines] == [("New", 0)]
        assert service.list_submissions(session, ADMIN, form_id=form.id).total == 0


def test_the_work_is_what_the_script_does() -> None:
    stamp, nonce = "1.a.b", 0
    while not rules.is_worked(stamp, str(nonce)):
        nonce += 1
    assert hashlib.sha256(f"{stamp}:{nonce}".encode()).hexdigest().startswith("0000")
    assert not rules.is_worked(stamp, f"{nonce}x")
    assert not rules.is_worked(stamp, "")


def set_rule(throwaway: ThrowawayRule, *, only_allowed: bool = False) -> None:
    with transaction() as session:
        policy.set_domain_rules(
            session, ADMIN, throwaway=throwaway, takes_only_allowed=only_allowed,
            seen_version=policy.in_force(session).version, now=clock.now(),
        )  # fmt: skip


def people() -> list[Contact]:
    with reading() as session:
        return list(session.exec(select(Contact).where(Contact.source == "fair")).all())


@pytest.mark.spec("U09")
def test_a_throwaway_mailbox_is_refused_in_words_that_say_nothing_of_the_list(
    client: TestClient, form: Form
) -> None:
    with transaction() as session:
        domains.block(session, ADMIN, domain="blocked.example.com", now=clock.now())
    refused = [send(client, form, {"email": f"sara@{name}"})[1]
               for name in ("mailinator.com", "a.yopmail.com", "blocked.example.com")]  # fmt: skip
    said = {re.findall(r'role="alert">([^<]+)<', page)[0] for page in refused}
    assert len(said) == 1
    assert people() == []


@pytest.mark.spec("U09")
def test_a_throwaway_mailbox_may_be_held_until_a_colleague_lets_them_in(
    client: TestClient, form: Form
) -> None:
    set_rule(ThrowawayRule.HOLD)
    usual = send(client, form)
    assert send(client, form, {"email": "sara@mailinator.com"}) == usual
    (free, held) = people()
    assert (free.status, held.status) == (ContactStatus.ENABLED, ContactStatus.DISABLED)
    assert [one.contact_id for one in mails()] == [free.id]
    assert consent_of(form, held) is C.UNCONFIRMED
    with reading() as session:
        assert [one.name for one in tagging.tags_on(session, held.id)] == ["صندوق یک‌بارمصرف"]
        states = session.exec(select(Submission.state).order_by(col(Submission.id))).all()
        assert states == [SubmissionState.WAITING, SubmissionState.HELD]
    with transaction() as session:
        session.get_one(Contact, held.id).status = ContactStatus.ENABLED
    send(client, form, {"email": "sara@mailinator.com"})
    assert [one.contact_id for one in mails()] == [free.id, held.id]


@pytest.mark.spec("U09")
def test_the_allow_list_goes_before_every_other(client: TestClient, form: Form) -> None:
    with transaction() as session:
        for name in ("mailinator.com", "good.blocked.example.com"):
            domains.allow(session, ADMIN, domain=name, now=clock.now())
        domains.block(session, ADMIN, domain="blocked.example.com", now=clock.now())
        with pytest.raises(Conflict):
            domains.allow(session, ADMIN, domain="blocked.example.com", now=clock.now())
    for name in ("mailinator.com", "good.blocked.example.com"):
        assert send(client, form, {"email": f"sara@{name}"})[0] == 200
    assert send(client, form, {"email": "sara@blocked.example.com"})[0] == 422
    set_rule(ThrowawayRule.TAKE, only_allowed=True)
    assert send(client, form, {"email": "sara@elsewhere.example.com"})[0] == 422
    assert send(client, form, {"email": "omid@mailinator.com"})[0] == 200
    assert len(people()) == 3


def looked_at(visitor: str) -> None:
    """A page that a visitor looked at before anybody knew who it was."""
    now = clock.now()
    with transaction() as session:
        session.add(Event(name="page.viewed", source="site:1", dedup_key=f"{visitor}:1",
                          occurred_at=now, received_at=now, anonymous_id=visitor))  # fmt: skip


def of_visitor(visitor: str) -> int | None:
    with reading() as session:
        wanted = select(Event.contact_id).where(Event.anonymous_id == visitor)
        return session.exec(wanted.where(Event.name == "page.viewed")).one()


@pytest.mark.spec("S111", "S118")
def test_what_a_visitor_looked_at_is_theirs_once_they_have_confirmed(
    client: TestClient, form: Form
) -> None:
    looked_at("v1")
    send(client, form, {"visitor": "v1"})
    (sara,) = people()
    assert of_visitor("v1") is None
    path = link_in(mails()[0], "confirm")
    client.get(path)
    assert of_visitor("v1") is None
    client.post(path, data={"topic": form.topic_ids})
    assert of_visitor("v1") == sara.id
    with reading() as session:
        assert session.exec(select(Submission.visitor)).all() == [None]


@pytest.mark.spec("S111")
def test_where_no_second_yes_is_asked_for_only_somebody_new_is_joined_at_once(
    client: TestClient, store: str
) -> None:
    with transaction() as session:
        make_organisation(session)
        plain = make_form(session, topic_ids=[topic(session, is_double=False).id])
        make_contact(session, "known@example.com")
    for visitor in ("v1", "v2", "v3"):
        looked_at(visitor)
    send(client, plain, {"visitor": "v1"})
    send(client, plain, {"visitor": "v2", "email": "known@example.com"})
    send(client, plain, {"visitor": "a b" * 40, "email": "omid@example.com"})
    (sara, _) = people()
    assert (of_visitor("v1"), of_visitor("v2")) == (sara.id, None)


def test_nobody_who_is_not_to_be_tracked_is_joined(client: TestClient, form: Form) -> None:
    looked_at("v1")
    send(client, form, {"visitor": "v1"})
    (sara,) = people()
    with transaction() as session:
        session.get_one(Contact, sara.id).is_tracked = False
        waits = confirming.asked_of(session, signing.token("confirm", sara.id), now=clock.now())
        assert waits is not None
        confirming.confirm(session, waits, topic_ids=form.topic_ids, ip=None, now=clock.now())
    assert of_visitor("v1") is None
