"""Senders and transports: under which names mail leaves, by which servers, and who hears what."""

import json
from collections.abc import Iterator

import pytest
from sqlmodel import Session, select

from core import signing
from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.delivery import service as delivery
from core.delivery.inputs import checked_password, checked_sender, checked_transport
from core.delivery.models import Sender, Transport
from core.delivery.terms import TRANSPORT_SECRET, SenderInput, TlsMode, TransportInput
from core.errors import ChaparError, Conflict, Forbidden, Invalid, NotFound
from core.messages.letters import route_from_row
from tests.support.cast import NOON, administrator, department_id, make_organisation

SHOP = SenderInput(name="فروشگاه سیب", address="info@sib.example.ir")
SERVER = TransportInput(
    name="Panel", host="smtp.sib.ir", port=587, user="info", password="correct horse"
)


@pytest.fixture
def session(store: str) -> Iterator[Session]:
    with transaction() as opened:
        make_organisation(opened)
        yield opened


def viewer() -> Actor:
    grant = Grant(1, DepartmentKind.OPERATIONS, Role.VIEWER)
    return Actor(kind="user", id=None, name="Viewer", grants=(grant,))


def add(session: Session, given: SenderInput = SHOP) -> Sender:
    return delivery.add_sender(session, administrator(), given=given, now=NOON)


def test_a_sender_is_added_changed_and_taken_away(session: Session) -> None:
    made = add(session)
    assert (made.is_default, made.version) == (False, 1)
    given = SenderInput(name="سیب", address="Hello@SIB.ir", reply_to="help@sib.ir")
    changed = delivery.change_sender(
        session, administrator(), sender_id=made.id, seen_version=1, given=given, now=NOON
    )
    assert (changed.name, changed.address, changed.version) == ("سیب", "Hello@sib.ir", 2)
    delivery.remove_sender(session, administrator(), sender_id=made.id, seen_version=2, now=NOON)
    assert session.get(Sender, made.id) is None
    acts = set(session.exec(select(AuditEntry.action)))
    assert {"sender.added", "sender.changed", "sender.removed"} <= acts


def test_there_is_always_one_default_sender(session: Session) -> None:
    made = add(session)
    first = next(one for one in delivery.list_senders(session, administrator()) if one.is_default)
    delivery.make_default_sender(
        session, administrator(), sender_id=made.id, seen_version=made.version, now=NOON
    )
    listed = delivery.list_senders(session, administrator())
    assert [one.id for one in listed if one.is_default] == [made.id]
    assert listed[0].id == made.id
    with pytest.raises(Conflict, match=r"sender\.is_default"):
        delivery.remove_sender(
            session, administrator(), sender_id=made.id, seen_version=made.version, now=NOON
        )
    session.refresh(first)
    assert not first.is_default


def test_somebody_faster_is_not_overwritten(session: Session) -> None:
    made = add(session)
    delivery.change_sender(
        session, administrator(), sender_id=made.id, seen_version=1, given=SHOP, now=NOON
    )
    with pytest.raises(Conflict, match=r"common\.changed_meanwhile"):
        delivery.change_sender(
            session, administrator(), sender_id=made.id, seen_version=1, given=SHOP, now=NOON
        )


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": " ‌ "}, "sender.name_missing", "name"),
        ({"name": "x" * 121}, "sender.name_long", "name"),
        ({"name": "=?utf-8?q?a=0d=0aBcc:_x@y.ir?="}, "header.unsafe", "name"),
        ({"address": "سارا@sib.ir"}, "sender.latin_only", "address"),
        ({"address": "nobody"}, "address.no_at", "address"),
        ({"address": "a@sib.ir, b@sib.ir"}, "address.several", "address"),
        ({"reply_to": "a b@sib.ir"}, "address.space", "reply_to"),
    ],
)
def test_what_cannot_stand_in_a_from_line_is_refused_at_its_field(
    change: dict[str, str], code: str, field: str
) -> None:
    given = SenderInput(**{"name": "Shop", "address": "a@sib.ir", **change})
    with pytest.raises(ChaparError) as refused:
        checked_sender(given)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_sender_names_only_what_is_there(session: Session) -> None:
    with pytest.raises(NotFound, match=r"transport\.missing"):
        add(session, SenderInput(name="Shop", address="a@sib.ir", transport_id=99))
    with pytest.raises(NotFound, match=r"department\.missing"):
        add(session, SenderInput(name="Shop", address="a@sib.ir", department_id=99))
    people = department_id(session, DepartmentKind.PEOPLE)
    made = add(session, SenderInput(name="HR", address="hr@sib.ir", department_id=people))
    assert made.department_id == people


def test_a_password_goes_in_sealed_and_never_comes_out(session: Session) -> None:
    line = delivery.add_transport(session, administrator(), given=SERVER, now=NOON)
    assert line.has_password
    row = session.get_one(Transport, line.id)
    assert "horse" not in row.password_sealed
    assert signing.unseal(TRANSPORT_SECRET, row.password_sealed) == "correct horse"
    assert route_from_row(row).password == "correct horse"
    (listed,) = delivery.list_transports(session, administrator())
    assert "horse" not in repr(listed)
    assert not hasattr(listed, "password_sealed")
    assert "horse" not in repr(SERVER)
    entry = session.exec(select(AuditEntry).where(AuditEntry.action == "transport.added")).one()
    told = json.dumps([entry.before, entry.after])
    assert "horse" not in told
    assert row.password_sealed not in told


def test_a_password_is_not_shown_to_another_server(session: Session) -> None:
    line = delivery.add_transport(session, administrator(), given=SERVER, now=NOON)

    def change(version: int, **more: object) -> None:
        values = {"name": "Panel", "host": "smtp.sib.ir", "port": 587, "user": "info", **more}
        delivery.change_transport(
            session, administrator(), transport_id=line.id, seen_version=version,
            given=TransportInput(**values), now=NOON,  # type: ignore[arg-type]
        )  # fmt: skip

    change(1, name="Renamed")
    for moved in ({"host": "smtp.evil.ir"}, {"port": 25}, {"tls": TlsMode.NONE}, {"user": "x"},
                  {"verifies": False}):  # fmt: skip
        with pytest.raises(Invalid, match=r"transport\.password_again") as refused:
            change(2, **moved)
        assert refused.value.field == "password"
    change(2, host="smtp2.sib.ir", password="another one")
    row = session.get_one(Transport, line.id)
    assert signing.unseal(TRANSPORT_SECRET, row.password_sealed) == "another one"
    change(3, host="smtp3.sib.ir", password="")
    assert session.get_one(Transport, line.id).password_sealed == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": ""}, "transport.bad_host"),
        ({"host": "smtp sib.ir"}, "transport.bad_host"),
        ({"host": "smtp.sib.ir\r\nMAIL"}, "transport.bad_host"),
        ({"host": "http://sib.ir"}, "transport.bad_host"),
        ({"port": 0}, "transport.bad_port"),
        ({"port": 65536}, "transport.bad_port"),
        ({"user": "info\r\nx"}, "transport.hidden_sign"),
        ({"password": "a\nb"}, "transport.hidden_sign"),
        ({"password": "ش" * 300}, "transport.text_long"),
    ],
)
def test_a_server_that_cannot_be_reached_is_refused_at_its_field(
    change: dict[str, object], code: str
) -> None:
    given = TransportInput(**{"name": "Panel", "host": "smtp.sib.ir", **change})  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        checked_password(str(checked_transport(given) and (given.password or "")))
    assert (refused.value.code, refused.value.field) == (code, next(iter(change)))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "mail_1.sib.ir", "SMTP.Sib.IR"])
def test_hosts_are_names_or_numbers(host: str) -> None:
    values = checked_transport(TransportInput(name="", host=host))
    assert (values["host"], values["name"]) == (host.lower(), host.lower())


def test_a_paused_transport_is_resumed(session: Session) -> None:
    line = delivery.add_transport(session, administrator(), given=SERVER, now=NOON)
    row = session.get_one(Transport, line.id)
    row.is_paused, row.paused_reason = True, "535 5.7.8 bad credentials"
    session.flush()
    after = delivery.resume_transport(
        session, administrator(), transport_id=line.id, seen_version=line.version, now=NOON
    )
    assert (after.is_paused, after.paused_reason) == (False, "")


def test_a_transport_in_use_stays(session: Session) -> None:
    line = delivery.add_transport(session, administrator(), given=SERVER, now=NOON)
    made = add(session, SenderInput(name="Shop", address="a@sib.ir", transport_id=line.id))
    with pytest.raises(Conflict, match=r"transport\.in_use"):
        delivery.remove_transport(
            session, administrator(), transport_id=line.id, seen_version=1, now=NOON
        )
    delivery.remove_sender(session, administrator(), sender_id=made.id, seen_version=1, now=NOON)
    delivery.remove_transport(
        session, administrator(), transport_id=line.id, seen_version=1, now=NOON
    )
    assert delivery.list_transports(session, administrator()) == []


def test_only_who_may_sees_or_changes_them(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
    with reading() as session:
        with pytest.raises(Forbidden):
            delivery.list_senders(session, viewer())
        with pytest.raises(Forbidden):
            delivery.add_transport(session, viewer(), given=SERVER, now=NOON)
