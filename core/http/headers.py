"""The headers every answer carries."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.http import paths
from core.http.origins import site
from core.http.paths import Area

PAGE_CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
"""What Streamlit, its charts and the flow canvas need; no evaluation of text as code."""

FORM_CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""For the pages we write ourselves: no script at all."""

SANDBOX_CSP = "sandbox; default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'"
"""For what strangers wrote: no script, no form, no origin, whatever it contains."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # not no-referrer: with that, browsers send "Origin: null" with our own forms
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}
_HTTPS_ONLY = "max-age=31536000"


class SecurityHeaders:
    """Adds what is missing; an answer that says something stricter itself keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `send` that completes the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self.app(scope, receive, complete)


def add(headers: MutableHeaders, path: str) -> None:
    """Put the headers every answer carries into these, where they are missing."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", PAGE_CSP)
    if paths.area(path) is not Area.OPEN:
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if site().is_secure:
        headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
