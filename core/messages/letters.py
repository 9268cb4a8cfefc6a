"""From an admitted message to the letter that leaves, and the way it leaves by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from sqlmodel import Session, col, select

from core import signing
from core.accounts import links
from core.consent.models import Topic
from core.consent.rules import words_of
from core.contacts.addresses import parse_address
from core.contacts.models import Address, Contact
from core.delivery.models import Sender, Transport
from core.delivery.terms import TRANSPORT_SECRET, Letter, Route, TlsMode
from core.errors import Unavailable
from core.messages.following import followed
from core.messages.links import PREFERENCES, UNSUBSCRIBE, filled, ready, signed
from core.messages.models import Message
from core.messages.terms import CAPPED_CLASSES, Audience
from core.organisation.models import Organisation
from core.organisation.terms import MailMode
from core.settings import settings
from core.templates.models import TemplateVersion
from core.templates.service import render_for
from core.templates.terms import Closing, Framing

CAPTURE_ROUTE_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Parcel:
    """A message with all that rendering and handing over need, read in the leasing transaction."""

    message: Message
    person: Contact
    address: Address
    version: TemplateVersion
    organisation: Organisation
    sender: Sender
    transport_id: int | None
    route: Route
    topic: Topic | None = None


def compose(parcel: Parcel) -> Letter:
    """Return the rendered letter.

    Raises Invalid where the text cannot be built, MissingValue where data lacks.
    """
    message, sender = parcel.message, parcel.sender
    addresses = ready(message)
    mail = render_for(
        parcel.version,
        parcel.person,
        parcel.organisation,
        sender_name=sender.name,
        values=filled(with_links(message, _opened(message)), addresses),
        framing=Framing(
            closing=closing_of(message, parcel.topic, addresses),
            followed=followed(message, parcel.organisation),
        ),
    )
    message.subject_text, message.language = mail.subject[:998], mail.language
    from_address = parse_address(sender.address)
    automatic = {} if message.is_manual else {"Auto-Submitted": "auto-generated"}
    return Letter(
        message_id=message.message_id_header,
        from_address=from_address,
        from_name=sender.name,
        to_address=parse_address(parcel.address.deliverable),
        to_name=f"{parcel.person.first_name} {parcel.person.last_name}".strip(),
        reply_to=parse_address(sender.reply_to) if sender.reply_to else None,
        envelope_sender=from_address,
        subject=mail.subject,
        html=mail.html,
        text=mail.text,
        language=mail.language.value,
        extra_headers=automatic | _list_headers(message, addresses[UNSUBSCRIBE]),
    )


def _opened(message: Message) -> Callable[[str], str]:
    return lambda text: signed(links.opened(text, contact_id=message.contact_id), message)


def can_be_left(message: Message) -> bool:
    """Return whether the mail must say how to unsubscribe: not urgent, and to people outside."""
    return message.klass in CAPPED_CLASSES and message.audience is Audience.EXTERNAL


def closing_of(
    message: Message, topic: Topic | None, addresses: Mapping[str, str]
) -> Closing | None:
    """Return what the mail ends with beside who sent it: its topic's promise, and the ways out."""
    if not can_be_left(message):
        return None
    words = words_of(topic.names, topic.promises) if topic else {}
    return Closing(topic=words, unsubscribe=addresses[UNSUBSCRIBE],
                   preferences=addresses[PREFERENCES])  # fmt: skip


def _list_headers(message: Message, address: str) -> dict[str, str]:
    """Return the headers of RFC 2369 and 8058; one click is offered over https alone."""
    if not can_be_left(message):
        return {}
    headers = {"List-Unsubscribe": f"<{address}>"}
    if address.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def with_links(message: Message, shown: Callable[[str], str]) -> Mapping[str, object]:
    """Return the message's values with what stands under `links` as `shown` makes it."""
    known = message.values.get("links")
    if not isinstance(known, dict):
        return message.values
    addresses = {name: shown(one) if isinstance(one, str) else one for name, one in known.items()}
    return {**message.values, "links": addresses}


def header_id(message: Message, sender: Sender) -> str:
    """Return the Message-ID of this message, the same at every attempt."""
    return f"{message.public_id}@{parse_address(sender.address).domain}"


def sender_of(session: Session, message: Message) -> Sender:
    """Return the message's sender, else its department's, else the organisation's."""
    if message.sender_id is not None:
        found = session.get(Sender, message.sender_id)
        if found is not None:
            return found
    statement = select(Sender).where(
        (col(Sender.department_id) == message.department_id) | col(Sender.is_default).is_(True)
    )
    found = session.exec(statement.order_by(col(Sender.is_default), col(Sender.id))).first()
    if found is None:
        raise Unavailable("sender.missing")
    return found


def route_of(
    session: Session, message: Message, *, sender: Sender, organisation: Organisation
) -> tuple[int | None, Route] | None:
    """Return the transport's id and route; None while the transport is paused or missing.

    A message that names its transport leaves by it, whatever the mode. CHAPAR_SMTP_URL, where it
    names a server, goes before what the interface says.
    """
    if message.transport_id is not None:
        return _by(session.get(Transport, message.transport_id))
    if not settings().smtp_url.startswith("capture:"):
        return None, route_from_url(settings().smtp_url)
    if organisation.mail_mode is MailMode.CAPTURE:
        return None, capture_route()
    return _by(_transport(session, sender))


def _by(transport: Transport | None) -> tuple[int | None, Route] | None:
    if transport is None or transport.is_paused:
        return None
    return transport.id, route_from_row(transport)


def capture_route() -> Route:
    """Return the way to the built-in capture mailbox."""
    return Route(
        host="127.0.0.1",
        port=settings().capture_port,
        tls=TlsMode.NONE,
        timeout_s=CAPTURE_ROUTE_TIMEOUT_S,
    )


def route_from_row(transport: Transport) -> Route:
    """Return the route that a transport's row describes, its password unsealed."""
    sealed = transport.password_sealed
    return Route(
        host=transport.host,
        port=transport.port,
        tls=transport.tls,
        verify=transport.verifies,
        user=transport.user,
        password=signing.unseal(TRANSPORT_SECRET, sealed) if sealed else "",
    )


def route_from_url(url: str) -> Route:
    """Return the route of `smtp://user:pass@host:587?starttls=required` (or `none`) or `smtps://`."""
    parts = urlsplit(url)
    wish = parse_qs(parts.query).get("starttls", ["required"])[0]
    tls = TlsMode.NONE if wish == "none" else TlsMode.STARTTLS
    tls = TlsMode.TLS if parts.scheme == "smtps" else tls
    usual = {TlsMode.TLS: 465, TlsMode.STARTTLS: 587, TlsMode.NONE: 25}[tls]
    return Route(
        host=parts.hostname or "localhost",
        port=parts.port or usual,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _transport(session: Session, sender: Sender) -> Transport | None:
    if sender.transport_id is not None:
        return session.get(Transport, sender.transport_id)
    statement = select(Transport).where(col(Transport.is_active).is_(True))
    return session.exec(statement.order_by(col(Transport.id))).first()
