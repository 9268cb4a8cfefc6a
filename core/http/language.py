"""Which language a request is answered in."""

from starlette.requests import HTTPConnection

from core.http import cookies, visits
from core.i18n.terms import Language
from core.settings import settings

_MOST_WISHES = 20


def language_of(connection: HTTPConnection) -> Language:
    """Return the language: of the account, else chosen here before, else the browser's wish."""
    visit = visits.known(connection)
    if visit is not None and visit.user is not None:
        return Language(visit.user.language)
    chosen = connection.cookies.get(cookies.LANGUAGE, "")
    wished = _wished(connection.headers.get("accept-language", ""))
    return _known(chosen) or wished or Language(settings().default_language)


def _known(code: str) -> Language | None:
    return Language(code) if code in {language.value for language in Language} else None


def _wished(header: str) -> Language | None:
    """Return the first language of ours in the header, the most wanted first."""
    wishes = [_wish(part) for part in header.split(",")[:_MOST_WISHES]]
    ordered = sorted(wishes, key=lambda wish: wish[0], reverse=True)
    known = (_known(code) for weight, code in ordered if weight > 0)
    return next((language for language in known if language), None)


def _wish(part: str) -> tuple[float, str]:
    code, _, rest = part.partition(";")
    try:
        weight = float(rest.partition("=")[2]) if rest else 1.0
    except ValueError:
        weight = 0.0
    return weight, code.strip().lower().partition("-")[0]
