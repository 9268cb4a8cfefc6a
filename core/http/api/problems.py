"""Every refusal as problem JSON (RFC 9457): a stable code for programs, words for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.errors import ChaparError
from core.http.errors import noted
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language

MEDIA = "application/problem+json"
KNOWN = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503})
SPOTS = frozenset({"body", "query", "path", "header"})
CODES = {
    "missing": "api.field_missing",
    "extra_forbidden": "api.field_unknown",
    "string_too_long": "api.field_long",
    "string_too_short": "api.field_missing",
    "greater_than_equal": "api.field_outside",
    "less_than_equal": "api.field_outside",
    "enum": "api.field_choice",
    "literal_error": "api.field_choice",
}


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal of a verb."""
    assert isinstance(error, ChaparError)  # noqa: S101 - registered for this kind
    language = language_of(request)
    detail = translate(language, error.code, **error.params)
    errors = [{"field": error.field, "code": error.code, "detail": detail}] if error.field else []
    answer = problem(request, error.status, error.code, detail=detail, errors=errors)
    if "retry_after_s" in error.params:
        answer.headers["Retry-After"] = str(error.params["retry_after_s"])
    return answer


async def on_bad_input(request: Request, error: Exception) -> Response:
    """Answer a body or query that does not fit: every fault at once, each at its field."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this kind
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(request, 400, "api.bad_json")
    language = language_of(request)
    errors = [_fault(fault, language) for fault in faults]
    return problem(request, 422, "api.bad_input", errors=errors)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such path, no such method, too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this kind
    status = error.status_code if error.status_code in KNOWN else 400
    answer = problem(request, status, f"api.status_{status}")
    answer.headers.update(error.headers or {})
    return answer


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer a defect with nothing but a reference to the log."""
    return problem(request, 500, "api.status_500", reference=noted(error))


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    detail: str = "",
    errors: Sequence[Mapping[str, object]] = (),
    **more: object,
) -> JSONResponse:
    """Return the problem in the language of the request."""
    language = language_of(request)
    body: dict[str, object] = {
        "type": f"urn:chapar:problem:{code}",
        "title": translate(language, f"api.status_{status}"),
        "status": status,
        "detail": detail or translate(language, code),
        "instance": request.url.path,
        "code": code,
        **more,
    }
    if errors:
        body["errors"] = list(errors)
    headers = {"Content-Language": language.value, "Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004 - Unauthorized
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers, MEDIA)


def _fault(fault: Mapping[str, Any], language: Language) -> dict[str, str]:
    code = CODES.get(str(fault["type"]), "api.field_wrong")
    context = fault.get("ctx") or {}
    limit = context.get("max_length", context.get("le", context.get("ge", "")))
    params = {"choices": str(context.get("expected", "")).replace("'", ""), "limit": limit}
    return {
        "field": ".".join(str(part) for part in fault["loc"] if part not in SPOTS),
        "code": code,
        "detail": translate(language, code, **params),
    }


handlers: dict[int | type[Exception], Any] = {
    ChaparError: on_refusal,
    RequestValidationError: on_bad_input,
    HTTPException: on_http_error,
    Exception: on_crash,
}
