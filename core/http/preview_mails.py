"""Mails as their readers will see them, each in a frame that can do nothing."""

from collections.abc import Callable
from html import escape

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock
from core.access.terms import Actor
from core.db import reading
from core.errors import ChaparError, NotFound
from core.http.language import language_of
from core.http.page import words
from core.http.preview import actor_of, sandboxed
from core.i18n.terms import Language
from core.messages import service as messages
from core.people import onboarding
from core.templates import service as templates
from core.templates.terms import MissingValue


async def show_template(request: Request) -> Response:
    """Show a version of a template with example values in one language."""
    version_id, code = request.path_params["version_id"], request.path_params["language"]
    if code not in {one.value for one in Language}:
        raise NotFound("template.missing")

    def read(session: Session, actor: Actor) -> str:
        return templates.sample(
            session, actor, template_version_id=version_id, language=Language(code),
            now=clock.now(),
        ).html  # fmt: skip

    return await _shown(request, read)


async def show_message(request: Request) -> Response:
    """Show a message as its person gets it."""

    def read(session: Session, actor: Actor) -> str:
        return messages.letter(session, actor, public_id=request.path_params["public_id"]).html

    return await _shown(request, read)


async def show_welcome(request: Request) -> Response:
    """Show a welcome mail as this employee will see it."""
    params = request.path_params

    def read(session: Session, actor: Actor) -> str:
        return onboarding.preview_welcome(
            session, actor, employee_id=params["employee_id"],
            template_version_id=params["version_id"],
        ).html  # fmt: skip

    return await _shown(request, read)


async def _shown(request: Request, read: Callable[[Session, Actor], str]) -> Response:
    try:
        return sandboxed(await run_in_threadpool(_read, read, actor_of(request)))
    except ChaparError as error:
        said = words(request)(error.code, **error.params)
        return _said(request, said, status=error.status)
    except MissingValue as missing:
        said = words(request)("template.missing_value", name=missing.name)
        return _said(request, said, status=422)


def _said(request: Request, text: str, *, status: int) -> Response:
    """Return why there is nothing to see, in the place of the mail."""
    language = language_of(request)
    style = "font: 15px/1.8 Vazirmatn, sans-serif; color: #53615f; padding: 1rem; margin: 0"
    return sandboxed(
        f'<html lang="{language}" dir="{language.direction}">'
        f'<body style="{style}"><p>{escape(text)}</p></body></html>',
        status=status,
    )


def _read(read: Callable[[Session, Actor], str], actor: Actor) -> str:
    with reading() as session:
        return read(session, actor)


routes = [
    Route("/preview/template/{version_id:int}/{language}", show_template, methods=["GET"]),
    Route("/preview/message/{public_id}", show_message, methods=["GET"]),
    Route("/preview/welcome/{employee_id:int}/{version_id:int}", show_welcome, methods=["GET"]),
]
