"""The user guide: one chapter a page of the interface, read from `docs/guide`.

A chapter is a file `NN-name.md`; its anchor is the name, so that `/guide/fa#stock` is the help
of the page `stock`. The chapters are Markdown without HTML: whoever edits a text writes no script.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.errors import NotFound
from core.http.language import language_of
from core.http.page import page
from core.i18n.catalog import translate
from core.i18n.terms import Language

FOLDER = Path(__file__).parents[2] / "docs" / "guide"
_FILE = re.compile(r"(?:\d\d-)?([a-z_]+)\.md")
_LOWER = {"h1": "h2", "h2": "h3", "h3": "h4"}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Chapter:
    """A chapter, ready to be shown: its anchor, its title and its HTML."""

    name: str
    title: str
    html: str


@lru_cache(maxsize=len(Language))
def chapters(language: Language) -> tuple[Chapter, ...]:
    """Return the chapters in the order of their numbers."""
    return tuple(_chapter(path) for path in sorted((FOLDER / language.value).glob("*.md")))


def _chapter(path: Path) -> Chapter:
    tokens = _markdown.parse(path.read_text(encoding="utf-8"))
    title = tokens[1].content
    for token in _all(tokens):
        token.tag = _LOWER.get(token.tag, token.tag)
        if token.type == "link_open":
            token.attrSet("href", anchor_of(str(token.attrGet("href"))))
    html: str = _markdown.renderer.render(tokens, _markdown.options, {})
    return Chapter(name_of(path.name), title, html)


def name_of(file: str) -> str:
    """Return the anchor of the chapter in this file."""
    found = _FILE.fullmatch(file)
    return found.group(1) if found else file


def anchor_of(address: str) -> str:
    """Return where a link leads on the one page that holds all chapters."""
    found = _FILE.fullmatch(address)
    return f"#{found.group(1)}" if found else address


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


async def show_guide(request: Request) -> Response:
    """Show all chapters in the language of the address.

    Raises:
        NotFound: "auth.status_404" for a language that is not one of ours.
    """
    asked = request.path_params["language"]
    if asked not in set(Language):
        raise NotFound("auth.status_404")
    language = Language(asked)
    return page(
        request,
        "guide.html",
        t=partial(translate, language),
        language=language,
        languages=(),
        others=[one for one in Language if one is not language],
        chapters=await run_in_threadpool(chapters, language),
    )


async def find_guide(request: Request) -> Response:
    """Lead to the guide in the reader's language."""
    return RedirectResponse(f"/guide/{language_of(request).value}", 303)


routes = [
    Route("/guide", find_guide, methods=["GET"]),
    Route("/guide/{language}", show_guide, methods=["GET"]),
]
