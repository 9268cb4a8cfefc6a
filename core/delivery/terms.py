"""Words of delivery: the letter, the route, the receipt, and the ways handing over can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.contacts.addresses import EmailAddress

MAX_REPLY_TEXT = 512
TRANSPORT_SECRET = "transport"  # noqa: S105 - the name of a use, not a secret
"""The use under which the passwords of transports are sealed."""


class TlsMode(StrEnum):
    """How the way to the server is hidden from others."""

    NONE = "none"
    STARTTLS = "starttls"  # required: a server that does not offer it gets nothing
    TLS = "tls"


class Stage(StrEnum):
    """Where in a conversation something happened, in order."""

    BUILD = "build"
    CONNECT = "connect"  # the network and the server's greeting
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # from the first byte of the letter until its final dot
    DOT = "dot"  # the final dot has left; only the answer is missing


class FailureKind(StrEnum):
    """What a failure means for the mail and for the sender."""

    TEMPORARY = "temporary"  # this mail again later
    PERMANENT = "permanent"  # this mail never
    SENDER = "sender"  # our own fault: pause the sender, fail nobody
    IN_DOUBT = "in_doubt"  # handed over, perhaps; the answer never came
    CONNECTION = "connection"  # this mail again later, and the breaker counts it


@dataclass(frozen=True)
class Letter:
    """All that a mail is made of. Names and subject are plain text, never encoded words.

    `message_id` is bare (`left@right`), the same at every attempt; `envelope_sender` None is the
    null sender; `language` is a tag such as `fa`; an empty `html` makes a mail of plain text only.
    """

    message_id: str
    from_address: EmailAddress
    to_address: EmailAddress
    subject: str
    text: str
    html: str = ""
    from_name: str = ""
    to_name: str = ""
    reply_to: EmailAddress | None = None
    reply_to_name: str = ""
    envelope_sender: EmailAddress | None = None
    language: str = ""
    extra_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One way to one server.

    `timeout_s` bounds each command; `answer_timeout_s` bounds the wait after the final dot, long
    as RFC 5321 asks, because giving up early is what makes a mail arrive twice. `ca_file` names
    the certificates to trust instead of the system's; `own_name` is said in EHLO.
    """

    host: str
    port: int
    tls: TlsMode = TlsMode.STARTTLS
    verify: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    answer_timeout_s: float = 600.0
    ca_file: str = ""
    own_name: str = ""


@dataclass(frozen=True)
class Receipt:
    """The server has taken responsibility for the mail."""

    reply_code: int
    reply_text: str
    at: datetime


class Level(StrEnum):
    """How a finding should be read."""

    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"  # no mail can leave this way


@dataclass(frozen=True)
class Finding:
    """One result of trying a route: a code to translate, with its parameters."""

    code: str
    level: Level
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SenderInput:
    """A from-address as a form sends it.

    Without a department it speaks for the organisation, without a transport by the usual one.
    """

    name: str
    address: str
    reply_to: str = ""
    department_id: int | None = None
    transport_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TransportInput:
    """An SMTP server as a form sends it. password: None keeps the present one, "" takes it away."""

    name: str
    host: str
    port: int = 587
    tls: TlsMode = TlsMode.STARTTLS
    verifies: bool = True
    user: str = ""
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class TransportLine:
    """A transport as people see it: everything but its password."""

    id: int
    name: str
    host: str
    port: int
    tls: TlsMode
    verifies: bool
    user: str
    has_password: bool
    is_active: bool
    is_paused: bool
    paused_reason: str
    version: int


class DeliveryError(Exception):
    """A mail was not handed over, or perhaps was.

    `code` is for translation; `reply_code`, `enhanced` and `text` are the server's own words,
    where it said any. They are hostile text: cut and without control signs, but not escaped.
    """

    def __init__(
        self,
        code: str,
        *,
        kind: FailureKind,
        stage: Stage,
        reply_code: int | None = None,
        enhanced: str = "",
        text: str = "",
    ) -> None:
        super().__init__(f"{code} at {stage.value}")
        self.code = code
        self.kind = kind
        self.stage = stage
        self.reply_code = reply_code
        self.enhanced = enhanced
        self.text = printable(text)


class Abandoned(Exception):
    """The caller took the mail back before its first byte left; nothing was handed over."""


def printable(text: str) -> str:
    """Return a server's words on one line, without control signs, cut to 512 characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:MAX_REPLY_TEXT])
