"""Decisions about forms: what may be kept, and which work proves that somebody meant it. Pure."""

import hashlib
import re
from urllib.parse import urlsplit

from core.errors import Invalid
from core.forms.terms import CUSTOM, FieldInput, FieldName, FormInput, FormText
from core.i18n.text import stored, stored_line

NAME_LIMIT, LABEL_LIMIT, TEXT_LIMIT, SOURCE_LIMIT, URL_LIMIT = 120, 120, 1000, 80, 500
MOST_FIELDS = 20
WORK_BITS = 16
_CUSTOM = re.compile(rf"{CUSTOM}[a-z][a-z0-9_]{{0,59}}")
_NONCE = re.compile(r"[0-9]{1,15}")


def checked_form(given: FormInput) -> dict[str, object]:
    """Return the columns of a form that can be kept; raises Invalid `form.*` at the field."""
    name = stored_line(given.name)
    if not 1 <= len(name) <= NAME_LIMIT:
        raise Invalid("form.bad_name", field="name", limit=NAME_LIMIT)
    source = stored_line(given.source)
    if len(source) > SOURCE_LIMIT:
        raise Invalid("form.too_long", field="source", limit=SOURCE_LIMIT)
    return {
        "name": name,
        "language": given.language,
        "texts": _texts(given),
        "fields": _fields(given),
        "topic_ids": list(dict.fromkeys(given.topic_ids)),
        "source": source,
        "redirect_url": checked_url(given.redirect_url),
        "department_id": given.department_id,
    }


def _texts(given: FormInput) -> dict[str, dict[str, str]]:
    kept = {FormText(code).value: stored(text) for code, text in given.texts.items()}
    wrong = next((code for code, text in kept.items() if len(text) > TEXT_LIMIT), None)
    if wrong is not None:
        raise Invalid("form.too_long", field=wrong, limit=TEXT_LIMIT)
    return {code: {given.language.value: text} for code, text in kept.items() if text}


def _fields(given: FormInput) -> list[dict[str, object]]:
    names = [one.field for one in given.fields]
    if FieldName.EMAIL not in names:
        raise Invalid("form.no_email", field="fields")
    if len(names) != len(set(names)) or len(names) > MOST_FIELDS:
        raise Invalid("form.bad_fields", field="fields", limit=MOST_FIELDS)
    return [_field(one, given.language.value) for one in given.fields]


def _field(one: FieldInput, language: str) -> dict[str, object]:
    is_known = one.field in {name.value for name in FieldName} or _CUSTOM.fullmatch(one.field)
    label = stored_line(one.label)
    if not is_known or len(label) > LABEL_LIMIT:
        raise Invalid("form.bad_fields", field="fields", limit=MOST_FIELDS)
    return {
        "field": one.field,
        "label": {language: label} if label else {},
        "is_required": one.is_required or one.field == FieldName.EMAIL,
    }


def checked_url(text: str) -> str:
    """Return the address to lead on to, or nothing; raises Invalid `form.bad_url`."""
    url = stored_line(text)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Invalid("form.bad_url", field="redirect_url") from error
    is_good = parts.scheme in {"https", "http"} and parts.hostname and "@" not in parts.netloc
    if (
        not is_good
        or len(url) > URL_LIMIT
        or not url.isascii()
        or " " in url
        or ";" in parts.netloc
    ):
        raise Invalid("form.bad_url", field="redirect_url")
    return url


def is_worked(stamp: str, nonce: str) -> bool:
    """Return whether the nonce proves the work that the stamp asks for."""
    if not _NONCE.fullmatch(nonce):
        return False
    found = hashlib.sha256(f"{stamp}:{nonce}".encode()).digest()
    return int.from_bytes(found[:4], "big") >> (32 - WORK_BITS) == 0
