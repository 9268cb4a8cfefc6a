"""The cookies: their names, their flags, and the double-submit value of the forms."""

import hmac
import re
from collections.abc import Mapping

from starlette.responses import Response

from core import signing
from core.accounts.rules import CODE_LIMIT, VISIT_LIMIT
from core.accounts.sessions import Opened
from core.accounts.terms import SessionKind
from core.http.origins import site
from core.i18n.terms import Language

LANGUAGE = "chapar_lang"
_YEAR_S = 365 * 86400
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def session_name() -> str:
    """Return the name of the visit's cookie. Under https the prefix binds it to this host."""
    return _named("chapar_session")


def csrf_name() -> str:
    """Return the name of the forms' cookie."""
    return _named("chapar_csrf")


def _named(name: str) -> str:
    return f"__Host-{name}" if site().is_secure else name


def session_secret(cookies: Mapping[str, str]) -> str | None:
    """Return the secret of the visit, or None when there is none that could be one."""
    return _checked(cookies.get(session_name(), ""))


def csrf_value(cookies: Mapping[str, str]) -> str:
    """Return the value that forms must repeat; a new one when the browser has none."""
    return _checked(cookies.get(csrf_name(), "")) or signing.new_secret()


def is_csrf_right(cookies: Mapping[str, str], given: str) -> bool:
    """Return whether the form repeats the cookie: only a page of ours can have known it."""
    kept = _checked(cookies.get(csrf_name(), ""))
    return kept is not None and hmac.compare_digest(kept.encode(), given.encode())


def _checked(value: str) -> str | None:
    return value if _SECRET.fullmatch(value) else None


def give_session(response: Response, opened: Opened) -> None:
    """Hand the browser the secret of the visit that was just opened."""
    is_short = opened.kind is SessionKind.SECOND_FACTOR
    limit = CODE_LIMIT if is_short else VISIT_LIMIT
    response.set_cookie(
        session_name(),
        opened.secret,
        max_age=int(limit.total_seconds()),
        path="/",
        secure=site().is_secure,
        httponly=True,
        samesite="lax",
    )


def take_session(response: Response) -> None:
    """Have the browser forget the visit."""
    response.delete_cookie(
        session_name(), path="/", secure=site().is_secure, httponly=True, samesite="lax"
    )


def give_csrf(response: Response, value: str) -> None:
    """Hand the browser the value that its forms repeat."""
    response.set_cookie(
        csrf_name(),
        value,
        path="/",
        secure=site().is_secure,
        httponly=True,
        samesite="strict",
    )


def give_language(response: Response, language: Language) -> None:
    """Have the browser remember the language; pages may read and change this one."""
    response.set_cookie(
        LANGUAGE,
        language.value,
        max_age=_YEAR_S,
        path="/",
        secure=site().is_secure,
        samesite="lax",
    )
