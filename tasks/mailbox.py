"""The capture mailbox inside the worker: what is sent to it is kept in the store."""

import logging
import threading
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

from core.db import transaction
from core.delivery import capture
from core.delivery.capture import CapturedLetter
from core.delivery.models import CapturedMail
from core.i18n.text import stored_line
from core.settings import settings

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
_lock = threading.Lock()
_running: list[capture.Capture] = []
logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would note every address


def start_mailbox() -> None:
    """Have the mailbox listening, unless this process or another one has it already."""
    with _lock:
        if _running:
            return
        try:
            _running.append(capture.start(HOST, settings().capture_port, store))
        except OSError:
            log.info("port %s is taken; another worker keeps the mail", settings().capture_port)


def stop_mailbox() -> None:
    """Stop listening."""
    with _lock:
        while _running:
            _running.pop().stop()


def store(letter: CapturedLetter) -> None:
    """Keep the mail, once for each of its recipients."""
    head = BytesHeaderParser().parsebytes(letter.raw)
    known = {
        "received_at": letter.received_at,
        "envelope_from": letter.envelope_from[:254],
        "subject": _shown(head.get("Subject"))[:500],
        "from_text": _shown(head.get("From"))[:300],
        "message_id": _shown(head.get("Message-ID"))[:250],
        "raw": letter.raw,
    }
    with transaction() as session:
        session.add_all(
            CapturedMail.model_validate({**known, "recipient": recipient[:254]})
            for recipient in letter.recipients
        )


def _shown(value: object) -> str:
    """Return a header as people read it; one that is badly encoded as it stands."""
    plain = "" if value is None else str(value)
    try:
        return stored_line(str(make_header(decode_header(plain))))
    except (HeaderParseError, LookupError, ValueError):
        return stored_line(plain)
