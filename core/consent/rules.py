"""Decisions about topics and the consent ledger. Pure."""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from core.consent.terms import TopicInput
from core.errors import Invalid
from core.i18n.terms import Language
from core.i18n.text import stored_line

NAME_LIMIT, PROMISE_LIMIT = 80, 300
LONGEST_PAUSE_DAYS = 366
MOST_PER_PERIOD = 100


CONTENT = ("contact_id", "topic_id", "state", "basis", "text_version", "source", "ip", "at",
           "actor")  # fmt: skip
"""What a seal covers, in this order."""


def seal(key: bytes, content: Mapping[str, object], *, previous: str) -> str:
    """Return the keyed hash over a step and the seal of the person's step before it."""
    told = [*(_plain(content[name]) for name in CONTENT), previous]
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.digest(key, body, "sha256").hex()


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def is_sealed(
    keys: Iterable[bytes], content: Mapping[str, object], *, previous: str, found: str
) -> bool:
    """Return whether the seal was made over these contents with a key of ours."""
    made = (seal(key, content, previous=previous) for key in keys)
    return any(hmac.compare_digest(one, found) for one in made)


def checked_topic(given: TopicInput) -> dict[str, object]:
    """Return the columns of a topic that can be kept; raises Invalid `topic.*` at the field."""
    names = _texts(given.names, limit=NAME_LIMIT, field="names")
    promises = _texts(given.promises, limit=PROMISE_LIMIT, field="promises")
    if not names:
        raise Invalid("topic.no_name", field="names")
    if given.is_public and set(names) - set(promises):
        raise Invalid("topic.no_promise", field="promises")
    return {
        "names": names,
        "promises": promises,
        "klass": given.klass,
        "rule": given.rule,
        "department_id": given.department_id,
        "is_visible": given.is_visible,
        "is_public": given.is_public,
        "is_double": given.is_double,
    }


def _texts(given: Mapping[str, str], *, limit: int, field: str) -> dict[str, str]:
    known = {Language(code).value: stored_line(text) for code, text in given.items()}
    kept = {code: text for code, text in known.items() if text}
    if any(len(text) > limit for text in kept.values()):
        raise Invalid("topic.too_long", field=field, limit=limit)
    return kept


def words_of(names: Mapping[str, str], promises: Mapping[str, str]) -> dict[str, str]:
    """Return what a person agrees to, by language: the name, and what was promised with it."""
    return {
        code: f"{name}: {promises[code]}" if promises.get(code) else name
        for code, name in names.items()
    }


def in_language(texts: Mapping[str, str], wanted: Sequence[Language]) -> str:
    """Return the text in the first of these languages that has one, else in any."""
    codes = [*(one.value for one in wanted), *(one.value for one in Language)]
    return next((texts[code] for code in codes if texts.get(code)), "")
