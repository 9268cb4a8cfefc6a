"""Going live: look at the way out, mail me once by it, switch; and back again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock
from core.access.terms import Actor, DepartmentKind, Role
from core.audit.models import AuditEntry
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.delivery import service as delivery
from core.delivery.models import Sender
from core.delivery.terms import Finding, Level, SenderInput, TlsMode, TransportInput
from core.errors import Conflict, Forbidden, Invalid
from core.messages.models import Message
from core.messages.terms import MessageClass, MessageStatus, Reason
from core.messages.worker import Worker
from core.notices import going_live
from core.notices.going_live import TrialState, WayOut
from core.organisation import queries as organisation
from core.organisation.terms import MailMode
from tests.support.cast import actor_of, administrator, make_contact, make_organisation, make_user
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread
from tests.support.stores import forget_process_state

ADDRESS = "chapar@sib.ir"


@pytest.fixture
def world() -> Iterator[Inbox]:
    """The server of the outside world."""
    with Inbox() as made:
        yield made


@pytest.fixture
def capture(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """Stands where the built-in capture mailbox does."""
    with Inbox() as made:
        monkeypatch.setenv("CHAPAR_CAPTURE_PORT", str(made.port))
        forget_process_state()
        yield made


@pytest.fixture
def worker(capture: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def admin(capture: Inbox) -> Actor:
    with transaction() as session:
        make_organisation(session)
        user = make_user(session, "mina", Role.ADMINISTRATOR, DepartmentKind.OPERATIONS)
        return actor_of(session, user)


def transport_to(inbox: Inbox, admin: Actor, **more: object) -> int:
    given = TransportInput(
        name="Panel", host="127.0.0.1", port=inbox.port,
        **{"tls": TlsMode.NONE, **more},  # type: ignore[arg-type]
    )  # fmt: skip
    with transaction() as session:
        return delivery.add_transport(session, admin, given=given, now=clock.now()).id


def name_sender(admin: Actor, address: str = ADDRESS) -> None:
    with transaction() as session:
        sender = session.exec(select(Sender)).one()
        delivery.change_sender(
            session, admin, sender_id=sender.id, seen_version=sender.version,
            given=SenderInput(name="Sib", address=address), now=clock.now(),
        )  # fmt: skip


def way_of(admin: Actor, transport_id: int) -> WayOut:
    with reading() as session:
        return going_live.read_route(session, admin, transport_id=transport_id)


def go_live(admin: Actor, transport_id: int) -> None:
    with transaction() as session:
        version = organisation.organisation(session).version
        going_live.go_live(
            session, admin, transport_id=transport_id, seen_version=version, now=clock.now()
        )


def mail_me(admin: Actor, transport_id: int) -> Message:
    with transaction() as session:
        return going_live.mail_me_once(session, admin, transport_id=transport_id, now=clock.now())


def tried(world: Inbox, worker: Worker, admin: Actor) -> int:
    """A server whose trial mail has arrived, and a sender with a name: ready for the switch."""
    transport = transport_to(world, admin)
    name_sender(admin)
    mail_me(admin, transport)
    drain_all(worker)
    return transport


def trial_of(admin: Actor, transport_id: int) -> going_live.Trial:
    with reading() as session:
        return going_live.read_trial(session, admin, transport_id=transport_id)


def codes(found: list[Finding]) -> dict[str, Level]:
    return {one.code: one.level for one in found}


@pytest.mark.spec("S128")
def test_a_look_and_one_mail_to_me_come_before_going_live(
    capture: Inbox, world: Inbox, worker: Worker, admin: Actor
) -> None:
    with transaction() as session:
        person = make_contact(session, "sara@shop.ir", kind=ContactKind.CUSTOMER)
        version = make_template(session, MessageClass.TRANSACTIONAL)
        queue_one(session, person, version, key="before")
    drain_all(worker)
    capture.wait_for(1)
    assert world.messages == []

    transport = transport_to(world, admin)
    name_sender(admin)
    found = codes(going_live.check_way_out(way_of(admin, transport)))
    assert found["smtp.connected"] is Level.GOOD
    assert found["golive.sender_accepted"] is Level.GOOD
    assert Level.DANGER not in found.values()
    assert world.messages == []

    mail_me(admin, transport)
    drain_all(worker)
    (trial,) = world.wait_for(1)
    assert trial.recipients == ("mina@example.com",)
    assert trial.envelope_from == ADDRESS
    assert "127.0.0.1" in str(trial.parsed()["Subject"])
    assert len(capture.messages) == 1


@pytest.mark.spec("S128")
def test_after_the_switch_mail_leaves_and_can_be_kept_again(
    capture: Inbox, world: Inbox, worker: Worker, admin: Actor
) -> None:
    transport = tried(world, worker, admin)
    with transaction() as session:
        person = make_contact(session, "sara@shop.ir", kind=ContactKind.CUSTOMER)
        version = make_template(session, MessageClass.TRANSACTIONAL)
    go_live(admin, transport)
    with transaction() as session:
        home = organisation.organisation(session)
        assert (home.mail_mode, home.went_live_at is not None) == (MailMode.LIVE, True)
        queue_one(session, person, version, key="after")
    drain_all(worker)
    assert world.wait_for(2)[1].recipients == ("sara@shop.ir",)

    with transaction() as session:
        home = organisation.organisation(session)
        going_live.go_back_to_capture(session, admin, seen_version=home.version, now=clock.now())
        queue_one(session, person, version, key="later")
    drain_all(worker)
    capture.wait_for(1)
    assert len(world.messages) == 2
    with reading() as session:
        acts = list(session.exec(select(AuditEntry.action)))
    assert {"golive.tested", "organisation.went_live", "organisation.went_back"} <= set(acts)


def test_nothing_goes_live_untested(capture: Inbox, world: Inbox, admin: Actor) -> None:
    transport = transport_to(world, admin)
    name_sender(admin)
    with pytest.raises(Conflict, match=r"golive\.not_tested"):
        go_live(admin, transport)
    assert trial_of(admin, transport).state is TrialState.NONE
    mail_me(admin, transport)
    assert trial_of(admin, transport).state is TrialState.WAITING
    with pytest.raises(Conflict, match=r"golive\.not_tested"):
        go_live(admin, transport)


def test_a_changed_transport_has_to_be_tried_again(
    capture: Inbox, world: Inbox, worker: Worker, admin: Actor
) -> None:
    transport = tried(world, worker, admin)
    world.wait_for(1)
    assert trial_of(admin, transport).state is TrialState.ARRIVED
    with transaction() as session:
        given = TransportInput(name="New", host="localhost", port=world.port, tls=TlsMode.NONE)
        delivery.change_transport(
            session, admin, transport_id=transport, seen_version=1, given=given, now=clock.now()
        )
    assert trial_of(admin, transport).state is TrialState.NONE
    with pytest.raises(Conflict, match=r"golive\.not_tested"):
        go_live(admin, transport)


@pytest.mark.parametrize(
    "address", ["chapar@localhost.localdomain", "info@shop.example", "sara@example.com"]
)
@pytest.mark.sqlite_only("the rule is pure")
def test_a_made_up_sender_cannot_go_live(
    capture: Inbox, world: Inbox, admin: Actor, address: str
) -> None:
    assert not going_live.is_real(address)
    transport = transport_to(world, admin)
    name_sender(admin, address)
    found = codes(going_live.check_way_out(way_of(admin, transport)))
    assert found["golive.sender_not_real"] is Level.DANGER
    with pytest.raises(Conflict, match=r"golive\.sender_not_real"):
        go_live(admin, transport)


@pytest.mark.parametrize("address", ["info@sib.ir", "a@mail.sib.co.ir", "x@localhost.ir"])
def test_real_addresses_are_real(address: str) -> None:
    assert going_live.is_real(address)


@pytest.mark.sqlite_only("speaks to a server only")
def test_a_sender_the_server_refuses_is_a_danger(
    capture: Inbox, world: Inbox, admin: Actor
) -> None:
    world.replies["mail"] = "553 5.7.1 sender not allowed"
    transport = transport_to(world, admin)
    name_sender(admin)
    found = going_live.check_way_out(way_of(admin, transport))
    last = found[-1]
    assert last.level is Level.DANGER
    assert "not allowed" in last.params["reply"]
    world.replies["mail"] = "451 4.3.0 later"
    assert going_live.check_way_out(way_of(admin, transport))[-1].level is Level.WARNING


@pytest.mark.sqlite_only("speaks to a server only")
def test_a_server_without_tls_or_without_life_is_a_danger(
    capture: Inbox, world: Inbox, admin: Actor
) -> None:
    name_sender(admin)
    plain = transport_to(world, admin, tls=TlsMode.STARTTLS)
    found = codes(going_live.check_way_out(way_of(admin, plain)))
    assert found["smtp.starttls_missing"] is Level.DANGER
    world.stop()
    dead = transport_to(world, admin)
    found = codes(going_live.check_way_out(way_of(admin, dead)))
    assert Level.DANGER in found.values()


def test_a_refused_sign_in_pauses_and_is_shown(
    capture: Inbox, world: Inbox, worker: Worker, admin: Actor
) -> None:
    world.replies["mail"] = "550 5.7.1 relaying denied"
    transport = transport_to(world, admin)
    name_sender(admin)
    message = mail_me(admin, transport)
    drain_all(worker)
    trial = trial_of(admin, transport)
    assert trial.state is TrialState.FAILED
    assert "denied" in trial.detail
    assert (reread(message).status, reread(message).reason) == (
        MessageStatus.QUEUED, Reason.RATE_LIMITED,
    )  # fmt: skip
    with pytest.raises(Conflict, match=r"golive\.paused"):
        mail_me(admin, transport)
    with pytest.raises(Conflict, match=r"golive\.paused"):
        go_live(admin, transport)


def test_pressed_twice_it_is_one_mail(capture: Inbox, world: Inbox, admin: Actor) -> None:
    transport = transport_to(world, admin)
    here = clock.now().replace(second=5)
    with transaction() as session:
        first = going_live.mail_me_once(session, admin, transport_id=transport, now=here)
        second = going_live.mail_me_once(
            session, admin, transport_id=transport, now=here + timedelta(seconds=1)
        )
    assert first.id == second.id


def test_the_practice_company_has_to_go_first(
    capture: Inbox, world: Inbox, worker: Worker, admin: Actor
) -> None:
    transport = tried(world, worker, admin)
    with transaction() as session:
        make_contact(session, "made-up@shop.example", source=going_live.PRACTICE_SOURCE)
    with pytest.raises(Conflict, match=r"golive\.practice_loaded"):
        go_live(admin, transport)


def test_waiting_mails_are_counted_before_going_live(
    capture: Inbox, world: Inbox, admin: Actor
) -> None:
    transport = transport_to(world, admin)
    with transaction() as session:
        person = make_contact(session, "sara@shop.ir")
        version = make_template(session, MessageClass.RELATIONSHIP)
        queue_one(session, person, version, due_at=clock.now() + timedelta(days=3))
    assert way_of(admin, transport).waiting_count == 1


@pytest.mark.sqlite_only("about rights only")
def test_only_who_may_edit_the_settings_goes_live(
    capture: Inbox, world: Inbox, admin: Actor
) -> None:
    transport = transport_to(world, admin)
    with transaction() as session:
        manager = actor_of(session, make_user(session, "ali", Role.MANAGER))
    with pytest.raises(Forbidden):
        way_of(manager, transport)
    with pytest.raises(Forbidden):
        mail_me(manager, transport)
    with pytest.raises(Invalid, match=r"golive\.no_own_address"):
        mail_me(administrator(), transport)


@pytest.mark.sqlite_only("about the environment only")
def test_a_server_in_the_environment_decides_instead(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not going_live.is_fixed_by_environment()
    monkeypatch.setenv("CHAPAR_SMTP_URL", "smtp://mail.sib.ir:587")
    forget_process_state()
    assert going_live.is_fixed_by_environment()
