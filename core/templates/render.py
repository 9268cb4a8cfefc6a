"""From a checked text and plain values to the mail one person will read."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from core.i18n.catalog import translate
from core.i18n.terms import Reader
from core.templates.compiler import fill, in_markdown, in_subject, require_values
from core.templates.terms import BARE, Closing, Compiled, Followed, Framing, RenderedMail

LAYOUTS = Path(__file__).parents[1] / "layouts"
ACCENT = "#0f766e"
_STYLES = {
    "p": "margin:0 0 16px",
    "h1": "margin:0 0 16px;font-size:22px;line-height:1.5",
    "h2": "margin:24px 0 12px;font-size:18px;line-height:1.5",
    "ul": "margin:0 0 16px;padding:0 24px",
    "ol": "margin:0 0 16px;padding:0 24px",
    "li": "margin:0 0 6px",
    "table": "width:100%;border-collapse:collapse;margin:0 0 16px",
    "th": "text-align:{start};padding:8px;border-bottom:2px solid #d6d3d1",
    "td": "text-align:{start};padding:8px;border-bottom:1px solid #e7e5e4",
    "a": f"color:{ACCENT}",
    "blockquote": "margin:0 0 16px;padding:8px 16px;background:#f5f5f4",
}
_BUTTON = (
    f"display:inline-block;padding:12px 24px;border-radius:8px;background:{ACCENT};"
    "color:#ffffff;text-decoration:none;font-weight:bold"
)


def render(
    compiled: Compiled,
    values: Mapping[str, object],
    reader: Reader,
    *,
    footer: str,
    framing: Framing = BARE,
) -> RenderedMail:
    """Return the mail in the reader's language.

    Raises MissingValue when the person or event lacks something the text needs, and Invalid
    `template.cannot_render` when a value does not fit its filter.
    """
    closing, followed = framing.closing, framing.followed
    require_values(compiled, values)
    subject = fill(compiled.subject, values, reader, finish=in_subject)
    tokens = _markdown().parse(fill(compiled.body, values, reader, finish=in_markdown))
    text = _plain(tokens, reader, _closing_lines(closing, reader, footer))
    html = _layout().render(
        body=_html(tokens, reader, followed),
        subject=" ".join(subject.split()),
        language=reader.language.value,
        direction=reader.language.direction,
        start=_start(reader),
        footer=footer,
        because=_because(closing, reader),
        ways_out=_ways_out(closing, reader),
        followed=followed,
    )
    return RenderedMail(" ".join(subject.split()), html, text, reader.language)


def standard_footer(reader: Reader, *, organisation: str, postal_address: str) -> str:
    """Return the closing line: who writes, and from where."""
    code = "mail.footer_with_address" if postal_address else "mail.footer"
    return translate(
        reader.language, code, organisation=organisation, postal_address=postal_address
    )


def _because(closing: Closing | None, reader: Reader) -> str:
    """Return why the mail came: the words its reader agreed to."""
    if closing is None or not closing.topic:
        return ""
    words = closing.topic.get(reader.language.value) or next(iter(closing.topic.values()))
    return translate(reader.language, "mail.because", topic=words)


def _ways_out(closing: Closing | None, reader: Reader) -> list[tuple[str, str]]:
    if closing is None:
        return []
    ways = (("mail.unsubscribe", closing.unsubscribe), ("mail.preferences", closing.preferences))
    return [(translate(reader.language, code), address) for code, address in ways]


def _closing_lines(closing: Closing | None, reader: Reader, footer: str) -> str:
    ways = (f"{label}: {address}" for label, address in _ways_out(closing, reader))
    return "\n".join(line for line in (_because(closing, reader), footer, *ways) if line)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=1)
def _layout() -> Template:
    environment = Environment(
        loader=FileSystemLoader(LAYOUTS), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("mail.html.jinja")


def _start(reader: Reader) -> str:
    return "right" if reader.language.direction == "rtl" else "left"


def _html(tokens: Sequence[Token], reader: Reader, followed: Followed | None) -> Markup:
    for token in _all(tokens):
        if followed is not None and token.type == "link_open":
            token.attrSet("href", followed.through(str(token.attrGet("href") or "")))
        style = _STYLES.get(token.tag)
        if token.nesting == 1 and style:
            token.attrSet("style", style.format(start=_start(reader)))
    for button in _buttons(tokens):
        button.attrSet("style", _BUTTON)
    html = RendererHTML().render(tokens, _markdown().options, {})
    return Markup(html)  # noqa: S704 - made by the Markdown renderer with raw HTML switched off


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [t for token in tokens for t in (token, *(token.children or ()))]


def _buttons(tokens: Sequence[Token]) -> list[Token]:
    """Return the links that are alone in their paragraph."""
    found = []
    for token in tokens:
        inner = token.children or []
        alone = len(inner) > 1 and inner[0].type == "link_open" and inner[-1].type == "link_close"
        if alone and sum(child.type == "link_open" for child in inner) == 1:
            found.append(inner[0])
    return found


def _plain(tokens: Sequence[Token], reader: Reader, footer: str) -> str:
    """Return the plain part: a line a block, table cells divided by bars, links written out."""
    mark = "\u200f" if reader.language.direction == "rtl" else ""
    lines: list[str] = []
    row: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines.append(" | ".join(row))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_plain_inline(token))
        elif token.type == "inline":
            bullet = "- " if token.level >= 3 else ""  # noqa: PLR2004 - list, item, paragraph
            lines += [bullet + _plain_inline(token), ""]
        elif token.type == "table_close":
            lines.append("")
    body = [mark + line if line else "" for line in [*lines, "--", footer]]
    return "\n".join(body).strip() + "\n"


def _plain_inline(token: Token) -> str:
    out: list[str] = []
    target = ""
    for child in token.children or []:
        if child.type == "link_open":
            target = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            out.append(f": {target}")
        elif child.type in {"softbreak", "hardbreak"}:
            out.append(" ")
        else:
            out.append(child.content)
    return "".join(out)
