"""From what went wrong to a DeliveryError with a code that can be put into words."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from core.delivery.rules import classify
from core.delivery.terms import DeliveryError, FailureKind, Stage
from core.delivery.wire import Garbled, Reply

SUCCESS = range(200, 300)
GO_ON = range(300, 400)
_REFUSAL = range(400, 600)
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_CERT_EXPIRED = 10
_CERT_NAMES = frozenset({62, 63, 64})  # host name, address of mail, address of network
_CODE_OF_STAGE = {
    Stage.CONNECT: "smtp.greeting_refused",
    Stage.EHLO: "smtp.greeting_refused",
    Stage.TLS: "smtp.starttls_missing",
    Stage.AUTH: "smtp.sign_in_refused",
    Stage.MAIL: "smtp.sender_refused",
    Stage.RCPT: "smtp.recipient_refused",
}
_CODE_OF_LOSS = {Stage.CONNECT: "smtp.unreachable", Stage.TLS: "smtp.tls_failed"}
_CODE_OF_FAULT: tuple[tuple[type[OSError], str], ...] = (
    (Garbled, "smtp.garbled"),
    (TimeoutError, "smtp.timeout"),
    (socket.gaierror, "smtp.name_unknown"),
    (ConnectionRefusedError, "smtp.connection_refused"),
)


def ours(code: str, stage: Stage) -> DeliveryError:
    """Return the failure that only a change of our own settings can end."""
    return DeliveryError(code, kind=FailureKind.SENDER, stage=stage)


def refused(stage: Stage, reply: Reply) -> DeliveryError:
    """Return the failure that this answer means; an answer out of place counts as none."""
    if reply.code not in _REFUSAL:
        return failure(Garbled(), stage)
    status = _STATUS.match(reply.text)
    enhanced = status[1] if status else ""
    kind = classify(stage, reply.code, enhanced=enhanced, text=reply.text)
    return DeliveryError(
        _code_of_refusal(kind, stage),
        kind=kind,
        stage=stage,
        reply_code=reply.code,
        enhanced=enhanced,
        text=reply.text,
    )


def failure(fault: OSError, stage: Stage) -> DeliveryError:
    """Return the failure that this fault of the network, or of its certificates, means."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return ours(_code_of_certificate(fault.verify_code), stage)
    kind = classify(stage, None)
    code = next((code for cause, code in _CODE_OF_FAULT if isinstance(fault, cause)), None)
    code = code or _CODE_OF_LOSS.get(stage, "smtp.lost")
    if kind is FailureKind.IN_DOUBT:
        code = "smtp.in_doubt"
    return DeliveryError(code, kind=kind, stage=stage, text=str(fault))


@contextmanager
def at(stage: Stage) -> Iterator[None]:
    """Turn what the network does in this stage into a DeliveryError."""
    try:
        yield
    except OSError as fault:
        raise failure(fault, stage) from fault


def _code_of_refusal(kind: FailureKind, stage: Stage) -> str:
    if kind in {FailureKind.TEMPORARY, FailureKind.CONNECTION}:
        return "smtp.try_later"
    if kind is FailureKind.SENDER and stage in {Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT}:
        return "smtp.policy_refused"
    return _CODE_OF_STAGE.get(stage, "smtp.content_refused")


def _code_of_certificate(verify_code: int) -> str:
    if verify_code == _CERT_EXPIRED:
        return "smtp.cert_expired"
    return "smtp.cert_wrong_name" if verify_code in _CERT_NAMES else "smtp.cert_untrusted"
