"""From a route to a conversation that stands before its first mail."""

import base64
import socket
import ssl
from collections.abc import Callable

from core.delivery.refusals import GO_ON, SUCCESS, at, ours, refused
from core.delivery.terms import Route, Stage, TlsMode
from core.delivery.wire import Reply, Wire, dial

Watch = Callable[[Stage], object]


def open_wire(route: Route, watch: Watch) -> Wire:
    """Return a conversation in which the server has been greeted, over TLS and signed in.

    Raises DeliveryError and leaves nothing open. Where the route asks for TLS, neither a name nor
    a password nor a mail is ever said in clear, whatever the server offers.
    """
    watch(Stage.CONNECT)
    with at(Stage.CONNECT):
        wire = dial(route.host, route.port, route.timeout_s)
    try:
        _get_acquainted(wire, route, watch)
    except BaseException:
        wire.close()
        raise
    return wire


def say(wire: Wire, stage: Stage, line: str, *, good: range = SUCCESS) -> Reply:
    """Return the server's answer to this line when it is a good one; raises DeliveryError."""
    with at(stage):
        reply = wire.command(line)
    return require(stage, reply, good=good)


def require(stage: Stage, reply: Reply, *, good: range = SUCCESS) -> Reply:
    """Return the answer when it is a good one; raises DeliveryError."""
    if reply.code not in good:
        raise refused(stage, reply)
    return reply


def _get_acquainted(wire: Wire, route: Route, watch: Watch) -> None:
    if route.tls is TlsMode.TLS:
        watch(Stage.TLS)
        _encrypt(wire, route)
    with at(Stage.CONNECT):
        greeting = wire.reply(route.timeout_s)
    require(Stage.CONNECT, greeting)
    _greet(wire, route, watch)
    if route.tls is TlsMode.STARTTLS:
        watch(Stage.TLS)
        _start_tls(wire, route)
        _greet(wire, route, watch)
    if route.user:
        watch(Stage.AUTH)
        _sign_in(wire, route)


def _greet(wire: Wire, route: Route, watch: Watch) -> None:
    watch(Stage.EHLO)
    with at(Stage.EHLO):
        reply = wire.ehlo(route.own_name or _own_name())
    require(Stage.EHLO, reply)


def _start_tls(wire: Wire, route: Route) -> None:
    if "STARTTLS" not in wire.features:
        raise ours("smtp.starttls_missing", Stage.TLS)
    say(wire, Stage.TLS, "STARTTLS")
    _encrypt(wire, route)


def _encrypt(wire: Wire, route: Route) -> None:
    context = _trust(route)
    with at(Stage.TLS):
        wire.encrypt(context, route.host)


def _trust(route: Route) -> ssl.SSLContext:
    """Return whom to believe; raises DeliveryError when the route's file of certificates fails."""
    try:
        context = ssl.create_default_context(cafile=route.ca_file or None)
    except OSError as fault:
        raise ours("smtp.ca_unreadable", Stage.TLS) from fault
    if not route.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sign_in(wire: Wire, route: Route) -> None:
    offers = wire.features.get("AUTH", "").upper().split()
    user, password = route.user.encode(), route.password.encode()
    if "PLAIN" in offers:
        secret = _base64(b"\0".join((b"", user, password)))
        say(wire, Stage.AUTH, f"AUTH PLAIN {secret}")
    elif "LOGIN" in offers:
        say(wire, Stage.AUTH, "AUTH LOGIN", good=GO_ON)
        say(wire, Stage.AUTH, _base64(user), good=GO_ON)
        say(wire, Stage.AUTH, _base64(password))
    else:
        raise ours("smtp.sign_in_missing", Stage.AUTH)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _own_name() -> str:
    """Return the name to greet with: a full host name, or an address literal in its place."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
