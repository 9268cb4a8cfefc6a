"""What people see when something went wrong: words and a reference, never what happened inside."""

import logging
import secrets

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.errors import ChaparError
from core.http.headers import add
from core.http.page import page, words

log = logging.getLogger(__name__)
_KNOWN = frozenset({400, 401, 403, 404, 405, 413, 429, 503})


def reference() -> str:
    """Return a short mark that leads from what a person saw to the line in the log."""
    return secrets.token_hex(4)


def noted(error: BaseException) -> str:
    """Write the error into the log and return the reference that may be shown for it."""
    mark = reference()
    log.error("error %s: %s", mark, type(error).__name__, exc_info=error)
    return mark


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal of ours in words."""
    assert isinstance(error, ChaparError)  # noqa: S101 - registered for this kind
    sentence = words(request)(error.code, **error.params)
    return _answer(request, error.status, sentence)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what Starlette and Streamlit refuse: the same status, in words."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this kind
    code = error.status_code if error.status_code in _KNOWN else 400
    answer = _answer(request, error.status_code, words(request)(f"auth.status_{code}"))
    answer.headers.update(error.headers or {})
    return answer


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer a defect: no path, no statement, no secret, only a reference.

    This runs outside every middleware, so the headers are added here.
    """
    mark = noted(error)
    answer = _answer(request, 500, words(request)("auth.status_500"), mark=mark)
    add(answer.headers, request.url.path)
    return answer


def _answer(request: Request, status: int, sentence: str, *, mark: str = "") -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "error.html", status=status, sentence=sentence, mark=mark)
    tail = f" ({mark})" if mark else ""
    return PlainTextResponse(f"{sentence}{tail}\n", status, {"Cache-Control": "no-store"})


handlers = {ChaparError: on_refusal, HTTPException: on_http_error, Exception: on_crash}
