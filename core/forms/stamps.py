"""A stamp says when a form was given out, and for which one; only this installation can make it."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from core import signing

GOOD_FOR = timedelta(hours=12)
LEAST = timedelta(seconds=3)
"""Nobody fills in a form by hand in less."""


def make(form_id: str, *, now: datetime) -> str:
    """Return a stamp for this form and moment."""
    body = f"{int(now.timestamp())}.{secrets.token_hex(6)}"
    return f"{body}.{_mark(form_id, body)}"


def age(form_id: str, stamp: str, *, now: datetime) -> timedelta | None:
    """Return how long ago the stamp was made; None where it is false, foreign or too old."""
    body, _, mark = stamp.rpartition(".")
    if not hmac.compare_digest(_mark(form_id, body).encode(), mark.encode()):
        return None
    made = datetime.fromtimestamp(int(body.partition(".")[0]), UTC)
    return now - made if timedelta(0) <= now - made + timedelta(seconds=1) <= GOOD_FOR else None


def _mark(form_id: str, body: str) -> str:
    return signing.keyed_digest("form-stamp", f"{form_id}/{body}")[:32]
