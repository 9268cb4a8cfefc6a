"""Handing mails over: one lasting conversation with one server, and honest words about its end.

The answer to the only question that matters, "may it have arrived?", hangs on the final dot. Until
the dot has left, a mail cannot have been accepted; from then on, only a clear answer tells.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from core import clock
from core.contacts.addresses import EmailAddress
from core.delivery.envelope import path
from core.delivery.mime import require_wire_form
from core.delivery.opening import Watch, open_wire, require, say
from core.delivery.refusals import GO_ON, SUCCESS, at, refused
from core.delivery.terms import (
    Abandoned,
    DeliveryError,
    FailureKind,
    Finding,
    Level,
    Receipt,
    Route,
    Stage,
    TlsMode,
    printable,
)
from core.delivery.wire import Reply, Wire

MAILS_PER_CONNECTION = 100
IDLE_S = 20.0  # some servers hang up after 30
_GOODBYE_S = 2.0
_LEADING_DOT = re.compile(rb"(?m)^\.")


class Connection:
    """A conversation with the server of one route, opened when first needed; for one thread.

    It is begun anew after 100 mails, after 20 s of silence, and after every failure that leaves
    open where the two sides stand. `watch` is told each stage as it begins.
    """

    def __init__(self, route: Route, *, watch: Watch = bool) -> None:
        self.route = route
        self._watch = watch
        self._wire: Wire | None = None
        self._mails = 0
        self._used_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def hand_over(
        self,
        letter: bytes,
        *,
        envelope_from: EmailAddress | None,
        recipient: EmailAddress,
        before_data: Callable[[], bool],
    ) -> Receipt:
        """Return the server's receipt for this mail to this one recipient.

        `before_data` is asked when the server is ready for the letter and no byte of it has left:
        there the fence is passed and the journal written. When it says no, Abandoned is raised
        and the server, having seen no final dot, keeps nothing. Every other end is a DeliveryError
        whose kind says whether the mail may have arrived.
        """
        require_wire_form(letter)
        sender = path(envelope_from, kind=FailureKind.SENDER)
        target = path(recipient, kind=FailureKind.PERMANENT)
        wire = self._ready()
        try:
            self._say(wire, Stage.MAIL, f"MAIL FROM:<{sender}>")
            self._say(wire, Stage.RCPT, f"RCPT TO:<{target}>")
            self._say(wire, Stage.DATA, "DATA", good=GO_ON)
            _ask_leave(before_data)
            reply = self._send_letter(wire, _LEADING_DOT.sub(b"..", letter))
        except BaseException as error:
            if not _can_go_on(error):
                self._drop()
            raise
        return Receipt(reply.code, printable(reply.text), clock.now())

    def close(self) -> None:
        """Take leave politely; a server that does not answer is left all the same."""
        if self._wire:
            self._wire.limit_s = _GOODBYE_S
            with suppress(OSError):
                self._wire.command("QUIT")
        self._drop()

    def open(self) -> Wire:
        """Return a new conversation in place of the old one; raises DeliveryError."""
        self.close()
        self._wire = open_wire(self.route, self._watch)
        self._mails = 0
        return self._wire

    def _drop(self) -> None:
        if self._wire:
            self._wire.close()
        self._wire = None

    def _ready(self) -> Wire:
        """Return a conversation that stands before MAIL, the old one if it still answers."""
        is_fresh = time.monotonic() - self._used_at < IDLE_S and self._mails < MAILS_PER_CONNECTION
        wire = self._wire if self._wire and is_fresh and self._is_alive() else self.open()
        self._mails += 1
        self._used_at = time.monotonic()
        return wire

    def _is_alive(self) -> bool:
        """Return whether the server forgets the last mail on request; if not, hang up."""
        with suppress(OSError):
            if self._wire and self._wire.command("RSET").code in SUCCESS:
                return True
        self._drop()
        return False

    def _say(self, wire: Wire, stage: Stage, line: str, *, good: range = SUCCESS) -> None:
        self._watch(stage)
        say(wire, stage, line, good=good)

    def _send_letter(self, wire: Wire, stuffed: bytes) -> Reply:
        """Return the good answer to the final dot.

        The dot leaves by itself, after a look for an answer that came too early: a server that
        refuses in the middle has not accepted, and one that praises a letter it has not seen is
        not to be believed. A send that raises has not left whole, so the mail is safely unsent.
        """
        self._watch(Stage.BODY)
        with at(Stage.BODY):
            early = _sent_or_refused(wire, stuffed)
        if early:
            raise refused(Stage.BODY, early)
        with at(Stage.BODY):
            wire.send(b".\r\n")
        self._watch(Stage.DOT)
        with at(Stage.DOT):
            reply = wire.reply(self.route.answer_timeout_s)
        return require(Stage.DOT, reply)


def check(route: Route) -> list[Finding]:
    """Return what a try of this route shows, good and bad, for people; never raises for a server.

    Nothing is mailed. A finding of level danger means that no mail can leave this way.
    """
    seen: list[Stage] = []
    connection = Connection(route, watch=seen.append)
    try:
        wire = connection.open()
    except DeliveryError as error:
        return [*_reached(route, seen), _trouble(route, error)]
    findings = [*_reached(route, seen), *_privacy(route, wire.tls_version())]
    connection.close()
    return findings


def _ask_leave(before_data: Callable[[], bool]) -> None:
    if not before_data():
        raise Abandoned


def _sent_or_refused(wire: Wire, stuffed: bytes) -> Reply | None:
    """Return the answer that came before the final dot, where a server gives one."""
    try:
        wire.send(stuffed)
    except OSError:
        early = None
        with suppress(OSError):
            early = wire.early_reply()
        if not early:
            raise
        return early
    return wire.early_reply()


def _can_go_on(error: BaseException) -> bool:
    """Return whether both sides still agree where they stand: after a clear refusal in its turn."""
    return (
        isinstance(error, DeliveryError)
        and error.reply_code is not None
        and error.kind is not FailureKind.CONNECTION
        and error.stage is not Stage.BODY
    )


def _reached(route: Route, seen: list[Stage]) -> list[Finding]:
    server = {"host": route.host, "port": str(route.port)}
    return [Finding("smtp.connected", Level.GOOD, server)] if Stage.EHLO in seen else []


def _privacy(route: Route, tls_version: str) -> list[Finding]:
    """Return who else can read along, and whether the sign-in worked."""
    signed_in = [Finding("smtp.signed_in", Level.GOOD, {"user": route.user})] if route.user else []
    if route.tls is TlsMode.NONE:
        code = "smtp.password_in_clear" if route.user else "smtp.no_encryption"
        return [Finding(code, Level.WARNING), *signed_in]
    if not route.verify:
        return [Finding("smtp.unverified", Level.WARNING), *signed_in]
    return [Finding("smtp.encrypted", Level.GOOD, {"version": tls_version}), *signed_in]


def _trouble(route: Route, error: DeliveryError) -> Finding:
    params = {"host": route.host, "port": str(route.port), "reply": error.text}
    return Finding(error.code, Level.DANGER, params)
