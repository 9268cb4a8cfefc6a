"""The pages we write ourselves: calm cards that work without JavaScript."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse

from core.errors import Forbidden
from core.http import assets, cookies
from core.http.headers import FORM_CSP
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language

PAGES = Path(__file__).with_name("pages")
FIELD_MAX = 20


@lru_cache(maxsize=1)
def _pages() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = assets.address
    return made


def words(request: Request) -> Callable[..., str]:
    """Return what turns a code into words of the request's language."""
    return partial(translate, language_of(request))


def page(
    request: Request,
    name: str,
    /,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Return a page of ours in the request's language, with the cookie that its forms repeat."""
    language = language_of(request)
    csrf = cookies.csrf_value(request.cookies)
    html = (
        _pages()
        .get_template(name)
        .render(
            {
                "t": partial(translate, language),
                "language": language,
                "languages": list(Language),
                "csrf": csrf,
                "here": request.url.path,
                **values,
            }
        )
    )
    kept = {"Content-Security-Policy": FORM_CSP, "Cache-Control": "no-store", **(headers or {})}
    answer = HTMLResponse(html, status, kept)
    cookies.give_csrf(answer, csrf)
    return answer


async def filled_in(request: Request) -> FormData:
    """Return the form of a POST. Raises Forbidden `auth.form_too_old` unless it is ours."""
    form = await request.form(max_fields=FIELD_MAX, max_files=0)
    if not cookies.is_csrf_right(request.cookies, text(form, "csrf")):
        raise Forbidden("auth.form_too_old")
    return form


def text(form: FormData, name: str) -> str:
    """Return the field as text; nothing where it is absent or not text. The first one wins."""
    found = form.getlist(name)
    return found[0] if found and isinstance(found[0], str) else ""
