"""The description of the API as a page that needs nothing from elsewhere, made from its schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.http.headers import FORM_CSP
from core.http.language import language_of
from core.i18n.catalog import translate
from core.settings import settings

HERE = Path(__file__).parent
_METHODS = ("get", "put", "post", "delete")


@dataclass(frozen=True)
class Field:
    """One field of a body or an answer, or one parameter."""

    name: str
    type: str
    is_required: bool


@dataclass(frozen=True)
class Operation:
    """One call."""

    id: str
    call: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    statuses: tuple[str, ...]
    answer: tuple[Field, ...]


def add_to(app: FastAPI) -> None:
    """Serve the page and its style beside the calls."""

    async def page(request: Request) -> Response:
        language = language_of(request)
        html = _template().render(
            t=lambda code: with_code(translate(language, code)),
            language=language,
            operations=operations(app.openapi()),
            base=f"{settings().site_url}/api/v1",
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": FORM_CSP})

    async def style(_request: Request) -> Response:
        return Response((HERE / "docs.css").read_text(encoding="utf-8"), media_type="text/css")

    app.add_route("/docs", page, include_in_schema=False)
    app.add_route("/docs.css", style, include_in_schema=False)


def with_code(text: str) -> Markup:
    """Return the text with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup('<code dir="ltr">{}</code>').format(part) if number % 2 else Markup.escape(part)
        for number, part in enumerate(parts)
    )


def operations(schema: Mapping[str, Any]) -> list[Operation]:
    """Return every call that the schema describes, in its order."""
    return [
        _operation(schema, f"{method.upper()} {path}", found)
        for path, methods in schema["paths"].items()
        for method, found in methods.items()
        if method in _METHODS
    ]


def _operation(schema: Mapping[str, Any], call: str, found: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Field(one["name"], _type(one["schema"]), bool(one.get("required")))
        for one in found.get("parameters", ())
    )
    good = next(status for status in found["responses"] if status.startswith("2"))
    return Operation(
        id=found["operationId"],
        call=call,
        parameters=parameters,
        body=_fields(schema, found.get("requestBody", {})),
        statuses=tuple(found["responses"]),
        answer=_fields(schema, found["responses"][good]),
    )


def _fields(schema: Mapping[str, Any], holder: Mapping[str, Any]) -> tuple[Field, ...]:
    content = holder.get("content", {}).get("application/json", {}).get("schema", {})
    shape = schema["components"]["schemas"].get(_last(content.get("$ref", "")), {})
    required = set(shape.get("required", ()))
    return tuple(
        Field(name, _type(one), name in required)
        for name, one in shape.get("properties", {}).items()
    )


def _type(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        return _last(shape["$ref"])
    if "anyOf" in shape:
        return " | ".join(_type(one) for one in shape["anyOf"])
    if "enum" in shape:
        return " | ".join(f'"{one}"' for one in shape["enum"])
    if shape.get("type") == "array":
        return f"{_type(shape['items'])}[]"
    kind = str(shape.get("type", "any"))
    return f"{kind} ({shape['format']})" if "format" in shape else kind


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("docs.html")
