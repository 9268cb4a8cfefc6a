"""What alerts say to whom, how often, and what they keep to themselves."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core import signing
from core.access.terms import Actor, DepartmentKind, Role
from core.accounts.models import User
from core.alerts import service as alerts
from core.alerts.models import AlertNotice, AlertRule, Episode, EpisodeNotice
from core.alerts.terms import Level, Nag, NoticeKind, RuleDraft, Severity
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import transaction
from core.errors import Forbidden, Invalid, NotFound
from core.i18n.terms import Calendar, Language, Reader
from core.messages import links, parcels
from core.messages import service as messages
from core.messages.admission import lease_and_admit
from core.messages.letters import compose
from core.messages.models import Message
from core.messages.terms import Lane, MessageClass, MessageStatus, OnCap, Reason
from core.operations import service as operations
from core.operations.terms import NewItem
from core.organisation import queries as organisation
from core.settings import settings
from core.templates import shipped
from core.templates.compiler import compile_text
from core.templates.models import Template, TemplateVersion
from core.templates.render import render
from core.templates.service import render_for
from core.templates.terms import RenderedMail
from tests.support.cast import (
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.stock_events import Stock, drain, make_item

ADMIN = administrator()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def session(store: str) -> Session:
    with transaction() as opened:
        make_organisation(opened)
        for rule in opened.exec(select(AlertRule)).all():
            opened.delete(rule)
        yield opened


def add(session: Session, now: datetime, **given: object) -> AlertRule:
    here = department_id(session, DepartmentKind.OPERATIONS)
    wanted = RuleDraft(**{"department_id": here, "department_ids": (here,), **given})
    return alerts.add_rule(session, ADMIN, draft=wanted, now=now)


def mails(session: Session) -> Sequence[Message]:
    session.expire_all()
    return session.exec(select(Message).order_by(col(Message.id))).all()


def key_of(session: Session, message: Message) -> str | None:
    version = session.get(TemplateVersion, message.template_version_id)
    assert version is not None
    template = session.get(Template, version.template_id)
    assert template is not None
    return template.key


def said(session: Session) -> list[tuple[str | None, int | None, object]]:
    """Template, person and number of items of every message, in order."""
    return [(key_of(session, one), one.contact_id, one.values["count"]) for one in mails(session)]


def read(session: Session, message: Message) -> RenderedMail:
    version = session.get(TemplateVersion, message.template_version_id)
    person = session.get(Contact, message.contact_id)
    assert version is not None
    assert person is not None
    here = organisation.organisation(session)
    return render_for(version, person, here, sender_name=here.name, values=message.values)


def token_of(message: Message) -> str:
    kept = message.values["links"]
    assert isinstance(kept, dict)
    start, _, token = links.signed(str(kept["acknowledge"]), message).rpartition("/")
    assert start == f"{settings().link_url}/a"
    return token


def only_episode(session: Session) -> Episode:
    session.expire_all()
    return session.exec(select(Episode)).one()


# Raised


@pytest.mark.spec("S86")
def test_a_fall_is_told_to_every_member_in_their_own_language(
    session: Session, now: datetime
) -> None:
    omid = make_user(session, "omid", language=Language.FA)
    kate = make_user(session, "kate", language=Language.EN)
    make_user(session, "sami", kind=DepartmentKind.SALES)
    add(session, now)
    item = make_item(session, "A4", name="Carton", on_hand=30)
    Stock(session, now).set(item, 6)
    drain(session, now=now)
    drain(session, now=now)
    assert said(session) == [
        ("alert_low_stock", omid.contact_id, 1),
        ("alert_low_stock", kate.contact_id, 1),
    ]
    persian, english = (read(session, one) for one in mails(session))
    assert persian.subject == "فقط ۶ عدد از Carton مانده است"
    assert 'dir="rtl"' in persian.html
    assert english.subject == "Only 6 left: Carton"
    assert "alert level is 20" in english.text
    assert only_episode(session).told_at == now


@pytest.mark.spec("S86")
def test_a_count_typed_by_hand_reaches_the_people(session: Session, now: datetime) -> None:
    make_user(session, "omid")
    add(session, now)
    add(session, now, level=Level.NUMBER, number=15)
    new = NewItem(code="A4", name="Carton", on_hand=30, reorder_point=10)
    item = operations.add_item(session, ADMIN, new=new, now=now)
    for minute, counted in enumerate([16, 12, 6, 18]):
        then = now + timedelta(minutes=minute)
        operations.adjust_stock(session, ADMIN, item_id=item.id, counted=counted, now=then)
        drain(session, now=then)
    assert [line[::2] for line in said(session)] == [
        ("alert_low_stock", 1),  # 12: the rule with 15
        ("alert_low_stock", 1),  # 6: the reorder point
        ("alert_recovered_list", 2),
    ]


@pytest.mark.parametrize(
    ("severity", "klass", "priority"),
    [
        (Severity.NOTICE, MessageClass.RELATIONSHIP, 3),
        (Severity.WARNING, MessageClass.RELATIONSHIP, 2),
        (Severity.CRITICAL, MessageClass.SERVICE, 1),
    ],
)
def test_every_alert_is_urgent_and_only_critical_goes_past_caps(
    session: Session,
    now: datetime,
    severity: Severity,
    klass: MessageClass,
    priority: int,
) -> None:
    make_user(session, "omid")
    add(session, now, severity=severity)
    Stock(session, now).set(make_item(session, "A4"), 1)
    drain(session, now=now)
    (mail,) = mails(session)
    assert (mail.lane, mail.klass, mail.priority) == (Lane.URGENT, klass, priority)
    assert mail.on_cap is OnCap.DIGEST
    assert not mail.is_manual
    is_urgent = read(session, mail).subject.startswith("فوری")
    assert is_urgent is (severity is Severity.CRITICAL)


@pytest.mark.parametrize(
    ("count", "words"), [(-3, "۳ عدد بیش از موجودی"), (0, "تمام شد"), (1, "فقط ۱ عدد")]
)
def test_an_oversold_an_empty_and_a_low_item_are_called_what_they_are(
    session: Session, now: datetime, count: int, words: str
) -> None:
    make_user(session, "omid")
    add(session, now)
    Stock(session, now).set(make_item(session, "A4"), count)
    drain(session, now=now)
    (mail,) = mails(session)
    assert words in read(session, mail).subject


@pytest.mark.spec("S86")
def test_an_import_that_empties_hundreds_of_shelves_makes_one_mail_per_person(
    session: Session, now: datetime
) -> None:
    omid, mina = make_user(session, "omid"), make_user(session, "mina")
    add(session, now)
    items = [make_item(session, f"{10000 + one}") for one in range(150)]
    stock, then = Stock(session, now), now - timedelta(days=5000)
    for one, item in enumerate(items):
        stock.set(item, 10 + one % 40, at=then, batch="job:1")
        stock.set(item, 90 if one % 3 == 0 else 10 - one % 9, at=then + HOUR, batch="job:1")
    stock.end("job:1")
    drain(session, now=now, limit=50)
    assert mails(session) == []
    for _ in range(20):
        drain(session, now=now, limit=50)
    assert said(session) == [
        ("alert_low_stock_list", omid.contact_id, 100),
        ("alert_low_stock_list", mina.contact_id, 100),
    ]
    mail = read(session, mails(session)[0])
    assert mail.subject.startswith("۱۰۰ کالا رو به اتمام است")
    assert len(re.findall(r"\| 1\d{4} \|", mail.text)) == 50
    assert "و ۵۰ کالای دیگر" in mail.text
    noted = session.exec(select(EpisodeNotice)).all()
    assert len(noted) == 200
    closed = session.exec(select(Episode).where(col(Episode.closed_at).is_not(None))).all()
    assert closed
    assert all(one.told_at is None for one in closed)


def test_several_falls_of_one_drain_come_in_one_mail_the_worst_first(
    session: Session, now: datetime
) -> None:
    make_user(session, "omid")
    items = [make_item(session, code) for code in ("A4", "B5", "Z9")]
    add(session, now)
    add(session, now, codes=("Z9",), severity=Severity.CRITICAL, level=Level.NUMBER, number=5)
    stock = Stock(session, now)
    for item, count in zip(items, (18, 2, 4), strict=True):
        stock.set(item, count)
    drain(session, now=now)
    (mail,) = mails(session)
    assert mail.klass is MessageClass.SERVICE
    shown = mail.values["items"]
    assert isinstance(shown, list)
    assert [one["code"] for one in shown] == ["Z9", "B5", "Z9", "A4"]


def test_what_closed_before_anybody_was_told_is_never_mailed(
    session: Session, now: datetime
) -> None:
    make_user(session, "omid")
    add(session, now)
    item = make_item(session, "A4")
    stock = Stock(session, now)
    stock.set(item, 3)
    stock.set(item, 60)
    drain(session, now=now)
    drain(session, now=now)
    assert mails(session) == []
    assert only_episode(session).recovery_due_at is None


def test_a_person_named_twice_is_told_once_and_one_who_left_not_at_all(
    session: Session, now: datetime
) -> None:
    omid = make_user(session, "omid")
    gone = make_user(session, "gone")
    gone.is_active = False
    here = department_id(session, DepartmentKind.OPERATIONS)
    add(session, now, contact_ids=(omid.contact_id,), department_ids=(here,))
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    assert [one.contact_id for one in mails(session)] == [omid.contact_id]


def test_an_alert_that_nobody_could_hear_is_told_when_somebody_joins(
    session: Session, now: datetime
) -> None:
    add(session, now)
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    assert only_episode(session).told_at is None
    omid = make_user(session, "omid")
    drain(session, now=now + HOUR)
    assert [one.contact_id for one in mails(session)] == [omid.contact_id]
    assert only_episode(session).told_at == now + HOUR


def test_a_recipient_without_an_address_leaves_a_dropped_message_with_its_reason(
    session: Session, now: datetime
) -> None:
    nobody = make_contact(session, kind=ContactKind.EMPLOYEE)
    add(session, now, contact_ids=(nobody.id,), department_ids=())
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    lease_and_admit(session, Lane.URGENT, owner="test", now=now, limit=10)
    (mail,) = mails(session)
    assert (mail.status, mail.reason) == (MessageStatus.DROPPED, Reason.INVALID_ADDRESS)


def test_an_alert_passes_admission_with_all_its_data(session: Session, now: datetime) -> None:
    make_user(session, "omid")
    add(session, now)
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    _, admitted = lease_and_admit(session, Lane.URGENT, owner="test", now=now, limit=10)
    assert len(admitted) == 1


def test_a_new_rule_tells_at_once_of_what_is_low_already(session: Session, now: datetime) -> None:
    make_user(session, "omid")
    for code in ("A4", "B5", "C6"):
        make_item(session, code, on_hand=2)
    add(session, now)
    drain(session, now=now)
    assert [line[::2] for line in said(session)] == [("alert_low_stock_list", 3)]


# Nagging


@pytest.mark.spec("U67", "S86")
@pytest.mark.parametrize(("period", "step"), [(Nag.HOURLY, HOUR), (Nag.DAILY, DAY)])
def test_an_open_alert_is_told_again_each_period_until_somebody_takes_it(
    session: Session, now: datetime, period: Nag, step: timedelta
) -> None:
    omid = make_user(session, "omid")
    add(session, now, nag=period)
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    assert alerts.nag(session, now=now + step - timedelta(seconds=1)) == 0
    assert alerts.nag(session, now=now + step) == 1
    assert alerts.nag(session, now=now + step) == 0
    assert alerts.nag(session, now=now + 2 * step) == 1
    taken = actor_of(session, omid)
    alerts.acknowledge(session, taken, episode_ids=[only_episode(session).id], now=now + 2 * step)
    assert alerts.nag(session, now=now + 3 * step) == 0
    kinds = [key_of(session, one) for one in mails(session)]
    assert kinds == ["alert_low_stock", "alert_nag", "alert_nag"]
    assert len({one.dedup_key for one in mails(session)}) == 3
    assert read(session, mails(session)[1]).subject.startswith("یادآوری: موجودی Item A4 هنوز کم")


@pytest.mark.spec("U67")
def test_reminders_end_when_stock_is_back_and_never_begin_when_they_are_off(
    session: Session, now: datetime
) -> None:
    make_user(session, "omid")
    back, quiet = make_item(session, "A4"), make_item(session, "B5")
    add(session, now, nag=Nag.HOURLY, codes=("A4",))
    add(session, now, codes=("B5",))
    stock = Stock(session, now)
    stock.set(back, 3)
    stock.set(quiet, 3)
    drain(session, now=now)
    stock.set(back, 50)
    drain(session, now=now + timedelta(minutes=30))
    assert alerts.nag(session, now=now + DAY) == 0


def test_reminders_slept_through_are_left_out_and_many_come_in_one_mail(
    session: Session, now: datetime
) -> None:
    omid = make_user(session, "omid")
    add(session, now, nag=Nag.HOURLY)
    stock = Stock(session, now)
    for code in ("A4", "B5", "C6"):
        stock.set(make_item(session, code), 3)
    drain(session, now=now)
    assert alerts.nag(session, now=now + timedelta(hours=7, minutes=20)) == 1
    assert said(session)[-1] == ("alert_nag", omid.contact_id, 3)
    assert alerts.nag(session, now=now + timedelta(hours=7, minutes=59)) == 0
    assert alerts.nag(session, now=now + timedelta(hours=8)) == 1


def test_a_reminder_replaces_the_mail_before_it(session: Session, now: datetime) -> None:
    make_user(session, "omid")
    add(session, now, nag=Nag.HOURLY)
    Stock(session, now).set(make_item(session, "A4"), 3)
    drain(session, now=now)
    alerts.nag(session, now=now + HOUR)
    assert [one.expires_at for one in mails(session)] == [now + HOUR, now + 2 * HOUR]


# Recovery


@pytest.mark.spec("S86")
def test_recovery_is_told_once_with_its_duration_to_those_who_were_told(
    session: Session, now: datetime
) -> None:
    kate = make_user(session, "kate", language=Language.EN)
    add(session, now)
    item = make_item(session, "A4", name="Carton")
    stock = Stock(session, now)
    stock.set(item, 3)
    drain(session, now=now)
    make_user(session, "late")
    stock.set(item, 80, at=now + timedelta(hours=26))
    for _ in range(2):
        drain(session, now=now + timedelta(hours=26))
    assert said(session) == [
        ("alert_low_stock", kate.contact_id, 1),
        ("alert_recovered", kate.contact_id, 1),
    ]
    mail = read(session, mails(session)[1])
    assert mail.subject == "Back in stock: Carton (80)"
    assert "It was low for 1 day and 2 hours." in mail.text
    assert only_episode(session).recovery_told_at == now + timedelta(hours=26)


def test_a_delivery_that_fills_many_shelves_makes_one_recovery_mail(
    session: Session, now: datetime
) -> None:
    omid = make_user(session, "omid")
    add(session, now)
    items = [make_item(session, f"{10000 + one}") for one in range(120)]
    stock = Stock(session, now)
    for item in items:
        stock.set(item, 3)
    drain(session, now=now)
    for item in items:
        stock.set(item, 90, at=now + DAY, batch="job:2")
    stock.end("job:2")
    for _ in range(6):
        drain(session, now=now + DAY, limit=25)
    assert said(session) == [
        ("alert_low_stock_list", omid.contact_id, 120),
        ("alert_recovered_list", omid.contact_id, 120),
    ]
    assert "کالای دیگر" in read(session, mails(session)[1]).text


def test_a_recovery_that_is_over_already_is_not_told(session: Session, now: datetime) -> None:
    omid = make_user(session, "omid")
    add(session, now)
    item = make_item(session, "A4")
    stock = Stock(session, now)
    stock.set(item, 3)
    drain(session, now=now)
    stock.set(item, 80, batch="job:3")
    stock.set(item, 4, batch="job:3")
    stock.end("job:3")
    drain(session, now=now + DAY)
    assert said(session) == [("alert_low_stock", omid.contact_id, 1)] * 2


@pytest.mark.parametrize("how", ["rule says no", "rule switched off"])
def test_no_recovery_is_told_where_none_is_wanted(
    session: Session, now: datetime, how: str
) -> None:
    make_user(session, "omid")
    rule = add(session, now, tells_recovery=how != "rule says no")
    item = make_item(session, "A4")
    stock = Stock(session, now)
    stock.set(item, 3)
    drain(session, now=now)
    if how == "rule switched off":
        alerts.disable_rule(session, ADMIN, rule_id=rule.id, seen_version=1, now=now)
    stock.set(item, 80)
    drain(session, now=now + DAY)
    assert [key_of(session, one) for one in mails(session)] == ["alert_low_stock"]


# Taking it in hand by the link


@pytest.fixture
def told(session: Session, now: datetime) -> User:
    """One person, told of two items, reminded hourly."""
    user = make_user(session, "omid")
    add(session, now, nag=Nag.HOURLY)
    stock = Stock(session, now)
    for code in ("A4", "B5"):
        stock.set(make_item(session, code), 3)
    drain(session, now=now)
    return user


@pytest.mark.spec("S92")
def test_the_link_takes_everything_its_mail_told_of_for_the_person_it_went_to(
    session: Session, now: datetime, told: User
) -> None:
    token = token_of(mails(session)[0])
    before = alerts.notice_by_token(session, token, now=now)
    assert (before.waiting_count, before.open_count, len(before.lines)) == (2, 2, 2)
    after = alerts.acknowledge_by_token(session, token, now=now + HOUR)
    assert (after.waiting_count, after.open_count) == (0, 2)
    assert {line.acknowledged_by for line in after.lines} == {"Omid Karimi"}
    again = alerts.acknowledge_by_token(session, token, now=now + DAY)
    assert again == after
    assert alerts.nag(session, now=now + DAY) == 0


def test_looking_at_the_link_changes_nothing(session: Session, now: datetime, told: User) -> None:
    token = token_of(mails(session)[0])
    assert alerts.notice_by_token(session, token, now=now).waiting_count == 2
    assert alerts.notice_by_token(session, token, now=now).waiting_count == 2


@pytest.mark.spec("T60")
def test_the_link_works_in_the_mail_and_nowhere_else(
    session: Session, now: datetime, told: User
) -> None:
    message = mails(session)[0]
    session.flush()
    [parcel] = parcels.parcels_of(session, [message])
    letter = compose(parcel).text
    token = letter.partition(f"{settings().link_url}/a/")[2].split()[0]
    assert alerts.notice_by_token(session, token, now=now).waiting_count == 2
    shown = messages.letter(session, administrator(), public_id=message.public_id)
    assert f"{settings().link_url}/a/hidden" in shown.text
    for stored in (json.dumps(message.values), shown.text, shown.html, message.subject_text):
        assert token not in stored
        assert signing.token("acknowledge", message.subject_id or 0) not in stored


def test_a_link_in_a_mail_about_nothing_takes_nothing_in_hand(
    session: Session, now: datetime, told: User
) -> None:
    message = mails(session)[0]
    kept = links.unsigned("acknowledge", path="/a")
    stray = Message(**{**message.model_dump(), "subject_id": None})
    token = links.signed(kept, stray).rpartition("/")[2]
    with pytest.raises(NotFound):
        alerts.acknowledge_by_token(session, token, now=now)


@pytest.mark.parametrize("bad", ["", "x", "foreign", "other purpose", "missing row"])
def test_a_false_link_is_not_known(session: Session, now: datetime, told: User, bad: str) -> None:
    text = {
        "foreign": token_of(mails(session)[0])[:-2] + "AA",
        "other purpose": signing.token("unsubscribe", 1),
        "missing row": signing.token("acknowledge", 99_999),
    }.get(bad, bad)
    for act in (alerts.notice_by_token, alerts.acknowledge_by_token):
        with pytest.raises(NotFound) as caught:
            act(session, text, now=now)
        assert caught.value.code == "alert.link_unknown"
    waiting = session.exec(select(Episode).where(col(Episode.acknowledged_at).is_(None))).all()
    assert len(waiting) == 2


# Samples


def sample(session: Session, actor: Actor, now: datetime, **given: object) -> Message:
    here = department_id(session, DepartmentKind.OPERATIONS)
    wanted = RuleDraft(**{"department_id": here, "department_ids": (here,), **given})
    return alerts.send_sample(session, actor, draft=wanted, now=now)


def test_a_sample_comes_to_me_alone_about_a_real_item_and_opens_nothing(
    session: Session, now: datetime
) -> None:
    me = make_user(session, "mina", Role.MANAGER)
    make_user(session, "omid")
    make_item(session, "FULL", on_hand=90)
    make_item(session, "A4", on_hand=6, name="Carton")
    sample(session, actor_of(session, me), now)
    (mail,) = mails(session)
    assert (mail.contact_id, mail.is_manual) == (me.contact_id, False)
    rendered = read(session, mail)
    assert rendered.subject == "فقط ۶ عدد از Carton مانده است"
    assert "این ایمیل نمونه است" in rendered.text
    assert session.exec(select(Episode)).all() == []
    page = alerts.acknowledge_by_token(session, token_of(mail), now=now)
    assert (page.kind, page.lines) == (NoticeKind.SAMPLE, ())


def test_a_sample_without_low_stock_shows_an_item_at_its_level_or_an_example(
    session: Session, now: datetime
) -> None:
    me = actor_of(session, make_user(session, "mina", Role.MANAGER))
    first = sample(session, me, now)
    assert "کارتن A4" in read(session, first).subject
    make_item(session, "FULL", on_hand=90, reorder_point=20, name="Stapler")
    second = sample(session, me, now + HOUR, level=Level.NUMBER, number=33)
    assert read(session, second).subject == "فقط ۳۳ عدد از Stapler مانده است"
    notices = session.exec(select(AlertNotice.kind)).all()
    assert notices == [NoticeKind.SAMPLE, NoticeKind.SAMPLE]


def test_a_sample_needs_a_person_and_the_right_to_write_rules(
    session: Session, now: datetime
) -> None:
    with pytest.raises(Invalid) as caught:
        sample(session, ADMIN, now)
    assert caught.value.code == "alert.sample_without_contact"
    with pytest.raises(Forbidden):
        sample(session, actor_of(session, make_user(session, "vida", Role.VIEWER)), now)


# The texts themselves

ITEM = {
    "code": "85123A", "name": "کارتن *A4* | بزرگ", "unit": "بسته", "on_hand": 6, "oversold": 0,
    "level": 20, "opened_at": "2026-11-21T08:00:00+00:00", "seconds": 3600,
}  # fmt: skip
KEYS = ("alert_low_stock", "alert_low_stock_list", "alert_nag", "alert_recovered",
        "alert_recovered_list")  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("count", [1, 60])
def test_every_alert_mail_reads_well_in_every_language(
    key: str, language: Language, count: int
) -> None:
    text = shipped.mails()[key][language.value]
    values = {
        "contact": {"first_name": "سارا"}, "item": ITEM, "items": [ITEM] * min(count, 50),
        "count": count, "rest": max(count - 50, 0), "is_critical": True, "is_sample": True,
        "links": {"acknowledge": "http://localhost/a/x-_y"},
    }  # fmt: skip
    reader = Reader(language, Calendar.JALALI, "Asia/Tehran")
    compiled = compile_text(text["subject"], text["body"])
    mail = render(compiled, values, reader, footer="")
    assert "کارتن *A4* | بزرگ" in mail.subject
    assert "{{" not in mail.html + mail.subject
    has_button = 'href="http://localhost/a/x-_y"' in mail.html
    assert has_button is not key.startswith("alert_recovered")
    if key.endswith("_list") or key == "alert_nag":
        assert mail.html.count("85123A") == min(count, 50)
