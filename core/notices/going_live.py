"""Going live: look at the way out, mail me once by it, and switch; or keep mail here again.

The look speaks to a server, so it is in two parts: `read_route` in a transaction, then
`check_way_out` with none open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts.addresses import parse_address
from core.contacts.queries import primary_addresses
from core.delivery import queries as delivery
from core.delivery.envelope import path
from core.delivery.models import Sender, Transport
from core.delivery.opening import say
from core.delivery.smtp import Connection, check
from core.delivery.terms import DeliveryError, FailureKind, Finding, Level, Route, Stage
from core.errors import Conflict, Invalid, NotFound
from core.messages import service as messages
from core.messages.letters import route_from_row
from core.messages.models import Message
from core.messages.terms import Lane, MessageRequest, MessageStatus
from core.notices import queries
from core.organisation import queries as organisation
from core.organisation.models import Organisation
from core.organisation.terms import MailMode
from core.settings import settings

TRIAL_MAIL = "golive_test"
SUBJECT = "transport"
PRACTICE_SOURCE = "practice"
"""The source of contacts who are made up: they must be gone before mail goes out."""
PATIENCE_S = 15.0
TRIAL_LIFE = timedelta(hours=1)
NOT_REAL = ("localhost", "localdomain", "local", "test", "invalid", "example",
            "example.com", "example.net", "example.org")  # fmt: skip
"""Ends of domains that no mail can come from."""


class TrialState(StrEnum):
    """How the mail that tries the way out stands."""

    NONE = "none"
    WAITING = "waiting"
    ARRIVED = "arrived"
    FAILED = "failed"


@dataclass(frozen=True)
class WayOut:
    """A server and who will speak to it. waiting_count: mails that would leave as they fall due."""

    transport_id: int
    route: Route
    sender_address: str
    waiting_count: int


@dataclass(frozen=True)
class Trial:
    """The newest mail that tried a transport as it now is. detail: the server's own words."""

    state: TrialState
    address: str = ""
    public_id: str = ""
    detail: str = ""


@verb(Permission.SETTINGS_EDIT, audit=None)
def read_route(session: Session, _actor: Actor, *, transport_id: int) -> WayOut:
    """Return the way that this transport goes, under the address of the default sender."""
    transport = _transport(session, transport_id)
    return WayOut(
        transport_id=transport_id,
        route=replace(route_from_row(transport), timeout_s=PATIENCE_S),
        sender_address=_sender(session).address,
        waiting_count=queries.waiting_count(session),
    )


def check_way_out(way: WayOut) -> list[Finding]:
    """Return what a try of the way shows; a finding of level danger means: do not go live.

    Speaks to the server; no transaction may be open. Nothing is mailed.
    """
    found = check(way.route)
    if any(one.level is Level.DANGER for one in found):
        return found
    return [*found, *_sender_findings(way)]


@verb(Permission.SETTINGS_EDIT, audit="golive.tested")
def mail_me_once(session: Session, actor: Actor, *, transport_id: int, now: datetime) -> Message:
    """Queue one mail to the actor that leaves by this transport, whatever the mode.

    Asked for twice within a minute, it is one mail.
    """
    transport = _transport(session, transport_id)
    if transport.is_paused:
        raise Conflict("golive.paused", reason=transport.paused_reason)
    contact_id = _own_contact(session, actor)
    minute = now.strftime("%Y-%m-%dT%H:%M")
    request = MessageRequest(
        contact_id=contact_id,
        dedup_key=f"golive:{transport_id}:{transport.version}:{contact_id}:{minute}",
        template_key=TRIAL_MAIL,
        values={"host": transport.host, "port": transport.port, "version": transport.version},
        sender_id=_sender(session).id,
        transport_id=transport_id,
        lane=Lane.URGENT,
        priority=1,
        expires_at=now + TRIAL_LIFE,
        subject_type=SUBJECT,
        subject_id=transport_id,
    )
    message = messages.queue(session, actor, request, now=now)
    audit.record(session, actor, "golive.tested", now=now, subject=transport, name=transport.name)
    return message


@verb(Permission.SETTINGS_EDIT, audit=None)
def read_trial(session: Session, _actor: Actor, *, transport_id: int) -> Trial:
    """Return how the newest test of this transport, as it now is, stands."""
    return _trial_of(session, _transport(session, transport_id))


@verb(Permission.SETTINGS_EDIT, audit="organisation.went_live")
def go_live(
    session: Session, actor: Actor, *, transport_id: int, seen_version: int, now: datetime
) -> Organisation:
    """Let mail leave: by this transport for every sender that names no other one.

    Raises Conflict where something stands in the way: the practice company is loaded, the sender's
    address is not a real one, the transport is paused, or no test mail went out by it as it now
    is. `seen_version` is the organisation's.
    """
    home = _home(session, seen_version)
    transport = _transport(session, transport_id)
    if queries.has_contacts_of(session, PRACTICE_SOURCE):
        raise Conflict("golive.practice_loaded")
    if not is_real(_sender(session).address):
        raise Conflict("golive.sender_not_real", address=_sender(session).address)
    if transport.is_paused:
        raise Conflict("golive.paused", reason=transport.paused_reason)
    if _trial_of(session, transport).state is not TrialState.ARRIVED:
        raise Conflict("golive.not_tested")
    delivery.bind_senders(session, transport_id)
    _switch(home, MailMode.LIVE)
    home.went_live_at = now
    audit.record(session, actor, "organisation.went_live", now=now, subject=home, name=home.name,
                 after={"transport_id": transport_id, "host": transport.host})  # fmt: skip
    return home


@verb(Permission.SETTINGS_EDIT, audit="organisation.went_back")
def go_back_to_capture(
    session: Session, actor: Actor, *, seen_version: int, now: datetime
) -> Organisation:
    """Keep all mail in the capture mailbox from now on; what is being handed over still leaves."""
    home = _home(session, seen_version)
    _switch(home, MailMode.CAPTURE)
    audit.record(session, actor, "organisation.went_back", now=now, subject=home, name=home.name)
    return home


def is_fixed_by_environment() -> bool:
    """Return whether CHAPAR_SMTP_URL names a server, so that the mode here decides nothing."""
    return not settings().smtp_url.startswith("capture:")


def is_real(address: str) -> bool:
    """Return whether mail may come from this address: not from a made-up or local domain."""
    domain = parse_address(address).domain
    return "." in domain and not any(f".{domain}".endswith(f".{end}") for end in NOT_REAL)


def _sender_findings(way: WayOut) -> list[Finding]:
    params = {"address": way.sender_address}
    if not is_real(way.sender_address):
        return [Finding("golive.sender_not_real", Level.DANGER, params)]
    try:
        _ask_for_sender(way)
    except DeliveryError as error:
        return [_refusal(error, params)]
    return [Finding("golive.sender_accepted", Level.GOOD, params)]


def _ask_for_sender(way: WayOut) -> None:
    """Name the sender to the server as a mail would, and leave before any mail begins."""
    address = path(parse_address(way.sender_address), kind=FailureKind.SENDER)
    with Connection(way.route) as connection:
        say(connection.open(), Stage.MAIL, f"MAIL FROM:<{address}>")


def _refusal(error: DeliveryError, params: Mapping[str, str]) -> Finding:
    level = Level.WARNING if error.kind is FailureKind.TEMPORARY else Level.DANGER
    return Finding(error.code, level, {**params, "reply": error.text})


def _trial_of(session: Session, transport: Transport) -> Trial:
    found = queries.newest_about(session, subject_type=SUBJECT, subject_id=transport.id)
    if found is None or found.values.get("version") != transport.version:
        return Trial(TrialState.NONE)
    match found.status:
        case MessageStatus.SENT | MessageStatus.DELIVERED:
            state = TrialState.ARRIVED
        case MessageStatus.QUEUED | MessageStatus.LEASED | MessageStatus.SENDING:
            state = TrialState.FAILED if transport.is_paused else TrialState.WAITING
        case _:
            state = TrialState.FAILED
    addresses = primary_addresses(session, [found.contact_id] if found.contact_id else [])
    address = next((one.deliverable for one in addresses.values()), "")
    detail = transport.paused_reason or found.reason_detail
    return Trial(state, address, found.public_id, detail)


def _transport(session: Session, transport_id: int) -> Transport:
    found = session.get(Transport, transport_id)
    if found is None:
        raise NotFound("transport.missing")
    return found


def _sender(session: Session) -> Sender:
    found = delivery.default_sender(session)
    if found is None:
        raise Conflict("sender.missing")
    return found


def _own_contact(session: Session, actor: Actor) -> int:
    contact_id = actor.contact_id
    if contact_id is None or not primary_addresses(session, [contact_id]):
        raise Invalid("golive.no_own_address")
    return contact_id


def _home(session: Session, seen_version: int) -> Organisation:
    home = organisation.for_update(session, Organisation, organisation.ORGANISATION_ID)
    if home is None:
        raise NotFound("organisation.missing")
    if home.version != seen_version:
        raise Conflict("common.changed_meanwhile")
    return home


def _switch(home: Organisation, mode: MailMode) -> None:
    home.mail_mode = mode
    home.version += 1
