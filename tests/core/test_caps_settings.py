"""Rules of the way out as people set them: caps, quiet hours, holds, and the meter of a person."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from sqlmodel import Session, select

from core import clock
from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.audit.models import AuditEntry
from core.contacts.models import Contact
from core.contacts.terms import Audience, ContactKind
from core.db import reading, transaction
from core.delivery import service as delivery
from core.delivery.models import Transport
from core.delivery.terms import TransportInput
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.messages import metering, settings
from core.messages.inputs import CapInput, QuietInput, checked_cap, checked_quiet
from core.messages.models import CapRule, Hold, Message, QuietRule, SendLedger
from core.messages.terms import (
    CapScope,
    DayRule,
    MessageClass,
    MessageStatus,
    OnCap,
    Reason,
    WindowKind,
)
from core.messages.worker import Worker
from tests.support.cast import (
    NOON,
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread, send_to

R, P, T = MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL, MessageClass.TRANSACTIONAL
OUT, IN = Audience.EXTERNAL, Audience.INTERNAL
CAP = CapInput(name="One a day", audience=OUT, counted_classes=frozenset({P}), limit=1)


@pytest.fixture
def session(store: str) -> Iterator[Session]:
    with transaction() as opened:
        make_organisation(opened)
        yield opened


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


def someone(**details: object) -> Contact:
    """A customer, in an organisation without quiet hours."""
    with transaction() as session:
        make_organisation(session)
        for rule in session.exec(select(QuietRule)):
            rule.is_enabled = False
        return make_contact(session, "sara@example.com", **details)


# Caps


def test_a_cap_is_added_changed_and_switched(session: Session) -> None:
    made = settings.add_cap(session, administrator(), given=CAP, now=NOON)
    assert (made.window_s, made.scope, made.is_enabled) == (86400, CapScope.ORGANISATION, True)
    given = CapInput(
        name="Two a week", audience=OUT, counted_classes=frozenset({R, P}), limit=2,
        window=timedelta(days=7), on_cap=OnCap.SKIP,
    )  # fmt: skip
    changed = settings.change_cap(
        session, administrator(), rule_id=made.id, seen_version=1, given=given, now=NOON
    )
    assert (changed.limit, changed.window_s, changed.on_cap) == (2, 604800, OnCap.SKIP)
    settings.disable_cap(session, administrator(), rule_id=made.id, seen_version=2, now=NOON)
    again = settings.enable_cap(session, administrator(), rule_id=made.id, seen_version=3, now=NOON)
    assert (again.is_enabled, again.version) == (True, 4)
    listed = settings.list_caps(session, administrator())
    assert [one.name for one in listed][-1] == "Two a week"
    entry = session.exec(select(AuditEntry).where(AuditEntry.action == "cap.changed")).one()
    assert entry.before is not None
    assert (entry.before["limit"], (entry.after or {})["limit"]) == (1, 2)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "  "}, "cap.name_missing", "name"),
        ({"name": "x" * 121}, "cap.name_long", "name"),
        ({"counted_classes": frozenset()}, "cap.bad_classes", "counted_classes"),
        ({"counted_classes": frozenset({P, T})}, "cap.bad_classes", "counted_classes"),
        ({"limit": 0}, "cap.bad_limit", "limit"),
        ({"limit": -1}, "cap.bad_limit", "limit"),
        ({"limit": 1001}, "cap.bad_limit", "limit"),
        ({"window": timedelta(seconds=59)}, "cap.bad_window", "window"),
        ({"window": timedelta(days=31)}, "cap.bad_window", "window"),
        ({"scope_id": 5}, "cap.scope_without_choice", "scope_id"),
    ],
)
def test_a_cap_that_means_nothing_is_refused_at_its_field(
    change: dict[str, object], code: str, field: str
) -> None:
    values = {"name": "A", "audience": OUT, "counted_classes": frozenset({P}), "limit": 1}
    with pytest.raises(Invalid) as refused:
        checked_cap(CapInput(**{**values, **change}))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_calendar_day_has_no_length_of_its_own() -> None:
    given = CapInput(
        name="A", audience=OUT, counted_classes=frozenset({P}), limit=1,
        window_kind=WindowKind.CALENDAR_DAY, window=timedelta(0),
    )  # fmt: skip
    assert checked_cap(given)["window_s"] == 86400


def test_a_cap_of_something_needs_it_to_be_there(session: Session) -> None:
    given = CapInput(
        name="A", audience=OUT, counted_classes=frozenset({P}), limit=1,
        scope=CapScope.DEPARTMENT, scope_id=999,
    )  # fmt: skip
    with pytest.raises(NotFound, match=r"cap\.scope_missing"):
        settings.add_cap(session, administrator(), given=given, now=NOON)


def test_somebody_faster_is_not_overwritten(session: Session) -> None:
    made = settings.add_cap(session, administrator(), given=CAP, now=NOON)
    settings.disable_cap(session, administrator(), rule_id=made.id, seen_version=1, now=NOON)
    with pytest.raises(Conflict, match=r"common\.changed_meanwhile"):
        settings.change_cap(
            session, administrator(), rule_id=made.id, seen_version=1, given=CAP, now=NOON
        )
    with pytest.raises(NotFound, match=r"cap_rule\.missing"):
        settings.enable_cap(session, administrator(), rule_id=999, seen_version=1, now=NOON)


def test_only_who_may_sees_or_changes_the_rules(session: Session) -> None:
    grant = Grant(1, DepartmentKind.OPERATIONS, Role.MANAGER)
    manager = Actor(kind="user", id=None, name="Ali", grants=(grant,))
    with pytest.raises(Forbidden):
        settings.list_caps(session, manager)
    with pytest.raises(Forbidden):
        settings.add_cap(session, manager, given=CAP, now=NOON)
    with pytest.raises(Forbidden):
        settings.add_quiet(session, manager, given=QuietInput(audience=OUT), now=NOON)


@pytest.mark.spec("S85")
def test_what_a_cap_held_goes_on_when_the_cap_is_raised(inbox: Inbox, worker: Worker) -> None:
    person = someone()
    with transaction() as session:
        version = make_template(session, R)
        held = [queue_one(session, person, version, key=f"k{n}") for n in range(3)][2]
    drain_all(worker)
    inbox.wait_for(2)
    assert reread(held).reason is Reason.CAPPED
    with transaction() as session:
        rule = session.exec(select(CapRule).where(CapRule.name == "cap.all_day")).one()
        given = CapInput(name="More", audience=OUT, counted_classes=frozenset({R, P}), limit=3)
        settings.change_cap(
            session, administrator(), rule_id=rule.id, seen_version=1, given=given,
            now=clock.now(),
        )  # fmt: skip
    drain_all(worker)
    inbox.wait_for(3)
    assert reread(held).status is MessageStatus.SENT


# Quiet hours


def test_quiet_hours_are_added_changed_and_switched(session: Session) -> None:
    people = department_id(session, DepartmentKind.PEOPLE)
    given = QuietInput(audience=IN, department_id=people, starts=time(20), ends=time(7))
    made = settings.add_quiet(session, administrator(), given=given, now=NOON)
    given = QuietInput(audience=IN, department_id=people, weekend=DayRule.WAIT)
    changed = settings.change_quiet(
        session, administrator(), rule_id=made.id, seen_version=1, given=given, now=NOON
    )
    assert (changed.starts, changed.ends, changed.weekend) == (None, None, DayRule.WAIT)
    settings.disable_quiet(session, administrator(), rule_id=made.id, seen_version=2, now=NOON)
    settings.enable_quiet(session, administrator(), rule_id=made.id, seen_version=3, now=NOON)
    listed = settings.list_quiet(session, administrator())
    assert [one.department_id for one in listed] == [None, None, people]


def test_an_audience_has_one_set_of_quiet_hours(session: Session) -> None:
    given = QuietInput(audience=OUT, starts=time(20), ends=time(7))
    with pytest.raises(Conflict, match=r"quiet\.exists"):
        settings.add_quiet(session, administrator(), given=given, now=NOON)
    mine = session.exec(select(QuietRule).where(QuietRule.audience == IN)).one()
    with pytest.raises(Conflict, match=r"quiet\.exists"):
        settings.change_quiet(
            session, administrator(), rule_id=mine.id, seen_version=1, given=given, now=NOON
        )
    with pytest.raises(NotFound, match=r"department\.missing"):
        settings.add_quiet(
            session, administrator(), given=QuietInput(audience=OUT, department_id=99), now=NOON
        )


@pytest.mark.parametrize(
    ("starts", "ends", "code", "field"),
    [
        (time(21), None, "quiet.half", "ends"),
        (None, time(8), "quiet.half", "starts"),
        (time(8), time(8), "quiet.same_hours", "ends"),
    ],
)
def test_half_a_window_is_refused(
    starts: time | None, ends: time | None, code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        checked_quiet(QuietInput(audience=OUT, starts=starts, ends=ends))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_mail_goes_on_when_its_quiet_hours_end_early(inbox: Inbox, worker: Worker) -> None:
    person = someone(time_zone="UTC")
    here = clock.now()
    with transaction() as session:
        rule = session.exec(select(QuietRule).where(QuietRule.audience == OUT)).one()
        rule.is_enabled = True
        rule.starts = (here - timedelta(hours=1)).time().replace(microsecond=0)
        rule.ends = (here + timedelta(hours=2)).time().replace(microsecond=0)
        message = queue_one(session, person, make_template(session, R))
    drain_all(worker)
    assert reread(message).reason is Reason.QUIET_HOURS
    with transaction() as session:
        settings.disable_quiet(
            session, administrator(), rule_id=rule.id, seen_version=1, now=clock.now()
        )
    drain_all(worker)
    assert reread(message).status is MessageStatus.SENT


# Holds


def test_a_held_person_waits_until_released(inbox: Inbox, worker: Worker) -> None:
    person = someone()
    with transaction() as session:
        hold = settings.place_hold(session, administrator(), contact_id=person.id, now=clock.now())
        message = queue_one(session, person, make_template(session, R))
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (MessageStatus.QUEUED, Reason.PAUSED)
    with transaction() as session:
        listed = settings.list_holds(
            session, administrator(), contact_id=person.id, now=clock.now()
        )
        assert [one.id for one in listed] == [hold.id]
        settings.release_hold(session, administrator(), hold_id=hold.id, now=clock.now())
    drain_all(worker)
    assert reread(message).status is MessageStatus.SENT


def test_a_person_is_held_by_hand_once(session: Session) -> None:
    person = make_contact(session, "a@example.com")
    first = settings.place_hold(session, administrator(), contact_id=person.id, now=NOON)
    later = NOON + timedelta(days=2)
    second = settings.place_hold(
        session, administrator(), contact_id=person.id, until=later, now=NOON
    )
    assert (first.id, second.until) == (second.id, later)
    assert len(session.exec(select(Hold)).all()) == 1
    with pytest.raises(Invalid, match=r"hold\.already_over"):
        settings.place_hold(session, administrator(), contact_id=person.id, until=NOON, now=NOON)
    settings.release_hold(session, administrator(), hold_id=first.id, now=NOON)
    with pytest.raises(NotFound, match=r"hold\.missing"):
        settings.release_hold(session, administrator(), hold_id=first.id, now=NOON)
    with pytest.raises(NotFound, match=r"contact\.missing"):
        settings.place_hold(session, administrator(), contact_id=999, now=NOON)


def test_a_seller_holds_only_own_contacts(session: Session) -> None:
    seller = actor_of(session, make_user(session, "omid", Role.SELLER, DepartmentKind.SALES))
    mine = make_contact(session, "mine@example.com", owner_id=seller.id)
    other = make_contact(session, "other@example.com")
    settings.place_hold(session, seller, contact_id=mine.id, now=NOON)
    with pytest.raises(Forbidden):
        settings.place_hold(session, seller, contact_id=other.id, now=NOON)


# A paused transport


def test_resuming_a_transport_sends_what_met_its_pause(session: Session) -> None:
    given = TransportInput(name="Panel", host="smtp.sib.ir")
    line = delivery.add_transport(session, administrator(), given=given, now=NOON)
    session.get_one(Transport, line.id).is_paused = True
    person = make_contact(session, "a@example.com")
    message = queue_one(session, person, make_template(session, R), now=NOON)
    message.reason, message.due_at = Reason.RATE_LIMITED, NOON + timedelta(minutes=15)
    session.flush()
    settings.resume_way(session, administrator(), transport_id=line.id, seen_version=1, now=NOON)
    session.refresh(message)
    assert message.due_at == NOON


# The meter


def use(
    session: Session, person: Contact, version: int, *, ago: timedelta, key: str,
    department: int | None = None, klass: MessageClass = P,
) -> Message:  # fmt: skip
    """Have the person have got a mail so long ago."""
    message = queue_one(session, person, version, key=key, department_id=department, now=NOON)
    message.status, message.subject_text = MessageStatus.SENT, f"Mail {key}"
    session.add(
        SendLedger(
            contact_id=person.id, counted_at=NOON - ago, message_id=message.id, klass=klass,
            audience=OUT, department_id=department,
        )
    )  # fmt: skip
    session.flush()
    return message


def gauges(session: Session, actor: Actor, person: Contact) -> dict[str, metering.Gauge]:
    found = metering.meter(session, actor, contact_id=person.id, now=NOON)
    return {one.name: one for one in found.gauges}


def test_the_meter_says_what_is_left_and_who_used_the_rest(session: Session) -> None:
    person = make_contact(session, "a@example.com")
    version = make_template(session, P)
    use(session, person, version, ago=timedelta(hours=30), key="one")
    use(session, person, version, ago=timedelta(hours=5), key="two")
    found = gauges(session, administrator(), person)
    assert set(found) == {"cap.promo_day", "cap.promo_week", "cap.all_day", "cap.all_week"}
    day, week = found["cap.promo_day"], found["cap.promo_week"]
    assert (day.used_count, day.left_count) == (1, 0)
    assert day.free_at == NOON + timedelta(hours=19)
    assert [one.subject for one in day.uses] == ["Mail two"]
    assert (week.used_count, week.left_count, week.free_at) == (2, 1, None)
    assert [one.subject for one in week.uses] == ["Mail one", "Mail two"]


def test_the_meter_of_staff_counts_their_own_day(session: Session) -> None:
    person = make_contact(session, "a@example.com", kind=ContactKind.EMPLOYEE)
    (gauge,) = gauges(session, administrator(), person).values()
    assert (gauge.name, gauge.left_count) == ("cap.internal_day", 5)


def test_departments_are_counted_apart_where_the_cap_says_so(session: Session) -> None:
    for rule in settings.list_caps(session, administrator()):
        rule.is_enabled = False
    given = CapInput(
        name="Each", audience=OUT, counted_classes=frozenset({P}), limit=1,
        scope=CapScope.DEPARTMENT,
    )  # fmt: skip
    settings.add_cap(session, administrator(), given=given, now=NOON)
    person, version = make_contact(session, "a@example.com"), make_template(session, P)
    sales = department_id(session, DepartmentKind.SALES)
    support = department_id(session, DepartmentKind.SUPPORT)
    use(session, person, version, ago=timedelta(hours=1), key="s", department=sales)
    use(session, person, version, ago=timedelta(hours=2), key="t", department=support)
    found = metering.meter(session, administrator(), contact_id=person.id, now=NOON).gauges
    assert {one.scope_value: one.used_count for one in found} == {sales: 1, support: 1}


def test_the_meter_shows_a_mail_only_to_who_may_see_it(session: Session) -> None:
    person, version = make_contact(session, "a@example.com"), make_template(session, P)
    people = department_id(session, DepartmentKind.PEOPLE)
    use(session, person, version, ago=timedelta(hours=1), key="secret", department=people)
    viewer = actor_of(session, make_user(session, "vera", Role.VIEWER))
    (one,) = gauges(session, viewer, person)["cap.promo_day"].uses
    assert (one.department_id, one.public_id, one.subject) == (people, "", "")
    (seen,) = gauges(session, administrator(), person)["cap.promo_day"].uses
    assert seen.subject == "Mail secret"


def test_the_meter_agrees_with_admission(inbox: Inbox, worker: Worker) -> None:
    person = someone()
    with transaction() as session:
        version = make_template(session, R)
        queued = [queue_one(session, person, version, key=f"k{n}") for n in range(3)]
    drain_all(worker)
    inbox.wait_for(2)
    held = reread(queued[2])
    with reading() as session:
        now: datetime = clock.now()
        found = metering.meter(session, administrator(), contact_id=person.id, now=now)
    fullest = found.gauges[0]
    assert (fullest.left_count, fullest.free_at) == (0, held.due_at)
