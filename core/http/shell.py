"""Serves Streamlit's page frame in the right language and direction.

lang and dir stand on <html> from the first byte: nothing flashes, and dialogs, toasts and menus,
which live outside the page's tree, inherit them.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http import assets, paths
from core.http.errors import on_http_error
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language

LOCALES = {Language.FA: "fa-IR", Language.AR: "ar", Language.EN: "en-US"}
FONT = "/assets/fonts/Vazirmatn%5Bwght%5D.woff2"
_STREAMLIT = ("/_stcore/", "/media/", "/component/", "/static/")
_FILE = re.compile(r"/[A-Za-z0-9_-]+\.[a-z]+")
_FOREIGN = (
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r'<link rel="service-desc"[^>]*>'),
    re.compile(r"<link\s+rel=\"preload\"[^>]*SourceSans[^>]*>"),
    re.compile(r'<link rel="shortcut icon"[^>]*>'),
    re.compile(r"<noscript>.*?</noscript>", re.DOTALL),
)
"""Comments, an icon, a font and a text that are Streamlit's own."""


class LangShell:
    """Answers for pages with the frame of the reader's language; everything else passes.

    A path that is nobody's is not found: Streamlit would answer it with a frame that cannot work.
    """

    def __init__(self, app: ASGIApp, *, index: Path, routes: Sequence[BaseRoute]) -> None:
        """Take Streamlit's index.html and the routes that are ours."""
        self.app = app
        self.index = index
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a page, or pass the request on."""
        is_reading = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if not is_reading or self._is_known(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if paths.is_shell(scope["path"]):
            answer = await self._page(request)
        else:
            answer = await on_http_error(request, HTTPException(404))
        await answer(scope, receive, send)

    async def _page(self, request: Request) -> Response:
        html = await run_in_threadpool(self.frame, language_of(request))
        headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
        return HTMLResponse(html, headers=headers)

    def _is_known(self, scope: Scope) -> bool:
        """Return whether a route of ours or a file of Streamlit's answers this path."""
        if any(route.matches(scope)[0] is not Match.NONE for route in self.routes):
            return True
        return scope["path"].startswith(_STREAMLIT) or _FILE.fullmatch(scope["path"]) is not None

    def frame(self, language: Language) -> str:
        """Return the frame in this language."""
        return self._frames[language]

    @cached_property
    def _frames(self) -> dict[Language, str]:
        source = self.index.read_text(encoding="utf-8")
        return {language: framed(source, language) for language in Language}


def framed(source: str, language: Language) -> str:
    """Return Streamlit's page frame made ours.

    Raises ValueError when it no longer looks as expected: better at the first start after an
    upgrade than a page in the wrong direction.
    """
    for pattern in _FOREIGN:
        source = pattern.sub("", source)
    name = escape(translate(language, "auth.product_name"))
    noscript = escape(translate(language, "auth.needs_javascript"))
    places = {
        '<html lang="en">': f'<html lang="{language.value}" dir="{language.direction}">',
        "<head>": f"<head>{_first_script(language)}",
        "<title>Streamlit</title>": f"<title>{name}</title>",
        "</head>": f"{_links()}</head>",
        "<body>": f"<body><noscript><p>{noscript}</p></noscript>",
    }
    for place, ours in places.items():
        if source.count(place) != 1:
            raise ValueError(f"Streamlit's index.html has changed: {place} is not there once")
        source = source.replace(place, ours)
    return source


def _first_script(language: Language) -> str:
    """Make date pickers use the calendar of the language, whatever the browser speaks.

    The second line keeps sliders consistent: their thumb would be mirrored, their track not. The
    third says where the server is: Streamlit would look below the page's own address first.
    """
    return (
        "<script>Object.defineProperty(Navigator.prototype,'language',"
        f"{{get:()=>'{LOCALES[language]}'}});"
        "window[Symbol.for('react-aria.i18n.locale')]='en-US';"
        "window.__streamlit={BACKEND_BASE_URL:location.origin+'/'}</script>"
    )


def _links() -> str:
    return (
        f'<link rel="preload" href="{FONT}" as="font" type="font/woff2" crossorigin>'
        f'<link rel="icon" href="{assets.address("chapar.svg")}" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{assets.address("chapar.css")}">'
    )
