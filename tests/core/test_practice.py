"""The practice company: something to see on every page, and no row left when it is cleared."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel
from sqlmodel import select as pick

from core import clock
from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.alerts import service as alerts
from core.alerts.models import Episode
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.errors import Conflict, Forbidden
from core.events.models import Event
from core.i18n.terms import Language
from core.messages import service as messages
from core.messages.models import Message
from core.messages.terms import MessageRequest, MessageStatus, Reason
from core.messages.worker import Worker
from core.operations.models import StockItem, StockMovement
from core.operations.terms import StockState
from core.organisation import queries as organisation
from core.organisation.terms import MailMode
from core.people.models import Employee, OnboardingItem, OnboardingStep
from core.practice import letters, rules, service
from core.practice.belonging import KEPT
from core.practice.goods import GOODS
from core.practice.people import ZONES
from core.practice.terms import Good
from core.templates import queries as template_queries
from core.templates.models import Template
from core.templates.terms import MessageClass
from tests.support.cast import (
    administrator,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, send_to

EVER = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture
def home(store: str) -> str:
    """An organisation with people and mail of its own."""
    with transaction() as session:
        make_organisation(session)
        make_user(session, "mina", Role.ADMINISTRATOR, DepartmentKind.OPERATIONS)
        person = make_contact(session, "sara@sib.ir")
        version = make_template(session, MessageClass.RELATIONSHIP, "Own note")
        queue_one(session, person, version, key="own", due_at=clock.now() + timedelta(days=3))
    return store


@pytest.fixture
def inbox(home: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        yield made


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def counts() -> dict[str, int]:
    """How many rows every table has, but for the audit log: it keeps what happened."""
    with reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
            if table.name not in {"audit_entry", "audit_seal", "audit_key"}
        }


def load(now: datetime | None = None) -> int:
    with transaction() as session:
        return service.load(session, now=now or clock.now())


def clear() -> int:
    with transaction() as session:
        return service.clear(session, now=clock.now())


def react_to_events(session: Session) -> None:
    found = session.exec(pick(Event).where(Event.dispatched_at.is_(None))).all()  # type: ignore[union-attr]
    alerts.react(session, list(found), now=clock.now())
    for event in found:
        event.dispatched_at = clock.now()
    session.flush()
    alerts.tell(session, now=clock.now())


@pytest.mark.spec("N30")
def test_clearing_leaves_no_row(home: str) -> None:
    before = counts()
    assert load() > 2000
    assert counts()["stock_movement"] > 2000
    clear()
    assert counts() == before


@pytest.mark.spec("N30")
def test_what_grew_out_of_it_goes_too(inbox: Inbox, worker: Worker) -> None:
    before = counts()
    load()
    with transaction() as session:
        react_to_events(session)
    drain_all(worker)
    inbox.wait_for(2)
    with transaction() as session:
        sent = session.exec(pick(Message).where(Message.status == MessageStatus.SENT)).all()
        for message in sent:
            letter = CapturedMail(
                received_at=clock.now(), envelope_from="a@b.ir", recipient="MINA@example.com",
                message_id=f"<{message.message_id_header}>", raw=b"",
            )  # fmt: skip
            session.add(letter)
        to_admin = [one for one in sent if one.subject_type == "alert_notice"]
        assert to_admin
        item = session.exec(pick(StockItem).where(StockItem.code == "PR-101")).one()
        session.add(Event(name="stock.counted", source="x", dedup_key="x", subject_id=item.id,
                          subject_type="stock_item", occurred_at=clock.now()))  # fmt: skip
    clear()
    after = counts()
    letters_left = after.pop("captured_mail") - before.pop("captured_mail")
    assert letters_left == 0
    assert after == before


@pytest.mark.sqlite_only("the same statements as above")
def test_loading_twice_is_loading_once(home: str) -> None:
    count = load()
    between = counts()
    assert load() == count
    assert counts() == between


@pytest.mark.sqlite_only("the same statements as above")
def test_clearing_what_is_not_there_changes_nothing(home: str) -> None:
    before = counts()
    assert clear() == 0
    assert counts() == before


@pytest.mark.sqlite_only("the same statements as above")
def test_it_can_be_loaded_again_after_clearing(home: str) -> None:
    load()
    clear()
    load()
    with reading() as session:
        assert service.is_loaded(session)
        assert len(session.exec(pick(StockItem)).all()) == 30


@pytest.mark.sqlite_only("the same statements as above")
def test_there_is_something_to_see(home: str) -> None:
    here = clock.now()
    load(here)
    with reading() as session:
        items = session.exec(pick(StockItem)).all()
        moves = session.exec(pick(StockMovement)).all()
        staff = session.exec(pick(Employee)).all()
        people = session.exec(pick(Contact).where(Contact.source == "practice")).all()
        steps = session.exec(pick(OnboardingItem)).all()
        page = alerts.list_episodes(session, administrator())
        now_open = [one for one in page.lines if one.closed_at is None]
        figures = alerts.tiles(session, administrator(), since=here - timedelta(days=90))
    assert (len(items), len({one.category for one in items}), len(staff)) == (30, 5, 10)
    assert {one.language for one in people} == set(Language)
    assert min(one.at for one in moves) > here - timedelta(days=92)
    assert max(one.at for one in moves) < here
    assert sorted(one.code for one in now_open) == ["PR-103", "PR-301"]
    assert page.count > 60
    assert figures.open_count == 2
    today = here.date()
    assert len([one for one in staff if one.start_date and one.start_date > today]) == 3
    assert [one for one in steps if one.due_at > here and one.message_id is not None]


@pytest.mark.spec("N12")
def test_each_reason_to_wait_can_be_explained(inbox: Inbox, worker: Worker) -> None:
    load()
    drain_all(worker)
    with reading() as session:
        news = session.exec(pick(Message).where(Message.lane == "bulk")).all()
        told = {
            (why := messages.explain(
                session, administrator(), public_id=one.public_id, now=clock.now()
            )).reason: why
            for one in news
        }  # fmt: skip
    assert {Reason.CAPPED, Reason.QUIET_HOURS, Reason.SUPPRESSED, Reason.PAUSED,
            Reason.SENT} <= set(told)  # fmt: skip
    assert told[Reason.SUPPRESSED].detail == "complaint"
    assert told[Reason.CAPPED].checks[-1]["name"] == "cap"
    assert told[Reason.QUIET_HOURS].until is not None


@pytest.mark.sqlite_only("the same statements as above")
def test_past_mails_have_a_checklist_and_an_attempt(home: str) -> None:
    load()
    with reading() as session:
        sent = session.exec(pick(Message).where(Message.status == MessageStatus.SENT)).all()
        assert len(sent) == 20
        why = messages.explain(
            session, administrator(), public_id=sent[0].public_id, now=clock.now()
        )
    assert [one["name"] for one in why.checks][:3] == ["recipient", "address", "suppression"]
    assert [one.reply_code for one in why.attempts] == [250]


def test_real_rows_made_meanwhile_stay(home: str) -> None:
    load()
    with transaction() as session:
        own = make_contact(session, "new@sib.ir")
        template = session.exec(
            pick(Template).where(Template.purpose == "newsletter")
        ).one()  # the practice newsletter is used for something real
        request = MessageRequest(
            contact_id=own.id, dedup_key="real", template_version_id=_newest(session, template.id)
        )
        messages.queue(session, administrator(), request, now=clock.now())
        step = session.exec(pick(OnboardingStep).where(OnboardingStep.key == "week")).one()
        thanks = session.exec(pick(Template).where(Template.purpose == "thanks")).one()
        step.template_id = thanks.id
        boss = session.exec(pick(Employee)).first()
        assert boss is not None
        worker = make_contact(session, "x@sib.ir", kind=ContactKind.EMPLOYEE)
        session.add(Employee(contact_id=worker.id, code="REAL", manager_id=boss.id))
    clear()
    with reading() as session:
        assert (
            session.exec(pick(Message).where(Message.dedup_key == "real")).one().template_version_id
        )
        real = session.exec(pick(Employee)).one()
        assert (real.code, real.manager_id) == ("REAL", None)
        kept = session.exec(pick(OnboardingStep).where(OnboardingStep.key == "week")).one()
        assert session.get(Template, kept.template_id) is not None
        assert not service.is_loaded(session)


def _newest(session: Session, template_id: int) -> int:
    found = template_queries.newest_version(session, template_id)
    assert found is not None
    return found.id


@pytest.mark.sqlite_only("the same statements as above")
def test_an_item_with_the_same_code_is_left_alone(home: str) -> None:
    with transaction() as session:
        session.add(StockItem(public_id="itm_1", code="PR-101", name="Mine", on_hand=5))
    load()
    clear()
    with reading() as session:
        assert session.exec(pick(StockItem.name)).all() == ["Mine"]


def test_a_real_alert_that_waits_is_not_taken_for_a_made_up_one(home: str) -> None:
    with transaction() as session:
        session.add(
            StockItem(
                public_id="itm_1",
                code="R-1",
                name="Real",
                on_hand=1,
                reorder_point=5,
                state=StockState.LOW,
            )
        )
    load()
    clear()
    with reading() as session:
        (episode,) = session.exec(pick(Episode)).all()
        assert session.get_one(StockItem, episode.item_id).code == "R-1"


def test_mail_being_handed_over_is_waited_for(home: str) -> None:
    load()
    with transaction() as session:
        message = session.exec(pick(Message).where(Message.lane == "bulk")).first()
        assert message is not None
        message.status = MessageStatus.SENDING
    before = counts()
    with pytest.raises(Conflict, match=r"practice\.busy"):
        clear()
    assert counts() == before


@pytest.mark.sqlite_only("the same statements as above")
def test_made_up_people_are_not_mailed_for_real(home: str) -> None:
    with transaction() as session:
        organisation.organisation(session).mail_mode = MailMode.LIVE
    with pytest.raises(Conflict, match=r"practice\.live"):
        load()


@pytest.mark.sqlite_only("the same statements as above")
def test_only_who_may_edit_the_settings_loads_it(home: str) -> None:
    grant = Grant(1, DepartmentKind.OPERATIONS, Role.MANAGER)
    manager = Actor(kind="user", id=None, name="Ali", grants=(grant,))
    with transaction() as session, pytest.raises(Forbidden):
        service.load_for(session, manager, now=clock.now())
    with transaction() as session, pytest.raises(Forbidden):
        service.clear_for(session, manager, now=clock.now())


@pytest.mark.sqlite_only("the same statements as above")
def test_every_made_up_address_is_one_nobody_can_own(home: str) -> None:
    load()
    with reading() as session:
        table = SQLModel.metadata.tables["address"]
        found = session.execute(select(table.c.normalised)).scalars().all()
    made_up = [one for one in found if "practice" in one]
    assert len(made_up) == 19
    assert all(one.endswith("practice.example") for one in made_up)


def test_the_audit_log_is_the_only_thing_kept() -> None:
    assert {"audit_entry", "audit_seal", "audit_key", "practice_row"} == KEPT


# The simulation


@given(now=EVER, good=st.sampled_from(GOODS))
def test_a_simulated_item_adds_up(now: datetime, good: Good) -> None:
    steps = rules.history(good, now=now)
    count = 0
    for step in steps:
        count += step.quantity
        assert count == step.on_hand >= 0
        assert step.quantity
    moments = [step.at for step in steps]
    assert moments == sorted(moments)
    assert moments[-1] < now
    assert (count <= good.reorder_point) is good.is_short
    for low in rules.shortages(good, steps):
        assert low.since < low.until
        assert low.on_hand <= good.reorder_point


@given(now=EVER)
def test_at_any_moment_it_is_night_somewhere_and_noon_elsewhere(now: datetime) -> None:
    night = now.astimezone(ZoneInfo(letters.zone_at(letters.MIDNIGHT, now=now))).hour
    noon = now.astimezone(ZoneInfo(letters.zone_at(letters.NOON, now=now))).hour
    assert night >= 21 or night < 8
    assert 8 <= noon < 21


def test_codes_and_zones_are_what_they_seem() -> None:
    assert len({good.code for good in GOODS}) == 30
    assert len([good for good in GOODS if good.is_short]) == 2
    assert len(set(ZONES)) == len(ZONES)
