"""Serves Streamlit's page frame in the right language and direction.

lang and dir stand on <html> from the first byte: nothing flashes, and dialogs, toasts and menus,
which live outside the page's tree, inherit them.
"""

import re
from functools import cached_property
from html import escape
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http import paths
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language

LOCALES = {Language.FA: "fa-IR", Language.AR: "ar", Language.EN: "en-US"}
FONT = "/assets/fonts/Vazirmatn%5Bwght%5D.woff2"
_FOREIGN = (
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r'<link rel="service-desc"[^>]*>'),
    re.compile(r"<link\s+rel=\"preload\"[^>]*SourceSans[^>]*>"),
    re.compile(r'<link rel="shortcut icon"[^>]*>'),
    re.compile(r"<noscript>.*?</noscript>", re.DOTALL),
)
"""Comments, an icon, a font and a text that are Streamlit's own."""


class LangShell:
    """Answers for pages with the frame of the reader's language; everything else passes."""

    def __init__(self, app: ASGIApp, *, index: Path, reserved: frozenset[str]) -> None:
        """Take Streamlit's index.html and the paths of one segment that are routes of ours."""
        self.app = app
        self.index = index
        self.reserved = reserved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a page, or pass the request on."""
        if not self._is_page(scope):
            await self.app(scope, receive, send)
            return
        language = language_of(Request(scope))
        html = await run_in_threadpool(self.frame, language)
        headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
        await HTMLResponse(html, headers=headers)(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return False
        return paths.is_shell(scope["path"]) and scope["path"] not in self.reserved

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

    The second line keeps sliders consistent: their thumb would be mirrored, their track not.
    """
    return (
        "<script>Object.defineProperty(Navigator.prototype,'language',"
        f"{{get:()=>'{LOCALES[language]}'}});"
        "window[Symbol.for('react-aria.i18n.locale')]='en-US'</script>"
    )


def _links() -> str:
    return (
        f'<link rel="preload" href="{FONT}" as="font" type="font/woff2" crossorigin>'
        '<link rel="icon" href="/assets/chapar.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/assets/chapar.css">'
    )
