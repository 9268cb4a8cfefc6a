"""Checks of what people type about senders and transports. Pure; every refusal names its field."""

import re

from core.contacts.addresses import parse_address
from core.delivery.guard import safe_header
from core.delivery.terms import SenderInput, TransportInput
from core.errors import Invalid
from core.i18n.text import search_key, stored_line

NAME_LIMIT = 120
HOST_LIMIT = 253
USER_LIMIT = 254
PASSWORD_LIMIT = 400
HIGHEST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")


def checked_sender(given: SenderInput) -> dict[str, object]:
    """Return the columns of a sender that may stand in a From line; raises Invalid at the field."""
    return {
        "name": checked_name(given.name),
        "address": _checked_address(given.address, field="address"),
        "reply_to": _checked_address(given.reply_to, field="reply_to") if given.reply_to else "",
        "department_id": given.department_id,
        "transport_id": given.transport_id,
    }


def checked_transport(given: TransportInput) -> dict[str, object]:
    """Return the columns of a transport but its password; raises Invalid at the field."""
    host = stored_line(given.host).lower()
    if len(host) > HOST_LIMIT or not _HOST.fullmatch(host):
        raise Invalid("transport.bad_host", field="host")
    if not 1 <= given.port <= HIGHEST_PORT:
        raise Invalid("transport.bad_port", field="port", limit=HIGHEST_PORT)
    return {
        "name": checked_name(given.name or host),
        "host": host,
        "port": given.port,
        "tls": given.tls,
        "verifies": given.verifies,
        "user": _checked_secret_part(given.user.strip(), field="user", limit=USER_LIMIT),
    }


def checked_password(password: str) -> str:
    """Return the password as it may be said to a server; raises Invalid at the field."""
    return _checked_secret_part(password, field="password", limit=PASSWORD_LIMIT)


def checked_name(text: str) -> str:
    """Return the name in one line, fit for a header; raises Invalid at the field."""
    name = stored_line(text)
    if not search_key(name):
        raise Invalid("sender.name_missing", field="name")
    if len(name) > NAME_LIMIT:
        raise Invalid("sender.name_long", field="name", limit=NAME_LIMIT)
    try:
        return safe_header("From", name)
    except Invalid as refusal:
        raise Invalid(refusal.code, field="name", **refusal.params) from refusal


def _checked_address(text: str, *, field: str) -> str:
    try:
        parsed = parse_address(text.strip())
    except Invalid as refusal:
        raise Invalid(refusal.code, field=field, **refusal.params) from refusal
    if parsed.needs_smtputf8:
        raise Invalid("sender.latin_only", field=field)
    return parsed.text


def _checked_secret_part(text: str, *, field: str, limit: int) -> str:
    """A line break here would be a second command; the sign-in sends it in base64, but not all."""
    if len(text.encode()) > limit:
        raise Invalid("transport.text_long", field=field, limit=limit)
    if any(not sign.isprintable() for sign in text):
        raise Invalid("transport.hidden_sign", field=field)
    return text
