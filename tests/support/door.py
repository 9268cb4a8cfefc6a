"""The door as a browser meets it: the site's own middleware and routes, and people to sign in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from core import clock, signing
from core.access.terms import SYSTEM, DepartmentKind, Role
from core.accounts import links, passwords
from core.accounts.models import User
from core.accounts.terms import LinkPurpose
from core.db import transaction
from core.http import cookies, errors
from core.http.gate import Gate
from core.http.headers import SecurityHeaders
from core.http.routes import private_routes, public_routes
from tests.support.cast import make_organisation, make_user

SITE = "http://localhost:8501"
PASSWORD = "vault otter cobalt mitten"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


async def who(request: Request) -> Response:
    """Stands for a page: says what the gate told it."""
    names = [(name.decode(), value.decode()) for name, value in request.scope["headers"]]
    return JSONResponse([pair for pair in names if pair[0].startswith("x-chapar")])


async def who_on_socket(socket: WebSocket) -> None:
    await socket.accept()
    async for said in socket.iter_text():
        await socket.send_json([said, socket.headers.get("x-chapar-uid")])


async def take(request: Request) -> Response:
    return JSONResponse(len(await request.body()))


async def crash(_request: Request) -> Response:
    raise RuntimeError("SELECT secret FROM user at /srv/chapar/core/db.py")


INSIDE: list[BaseRoute] = [
    Route("/", who, methods=["GET"]),
    Route("/stock", who, methods=["GET"]),
    Route("/crash", crash, methods=["GET"]),
    Route("/t/crash", crash, methods=["GET"]),
    Route("/t/take", take, methods=["POST"]),
    Route("/take", take, methods=["POST", "PUT", "DELETE"]),
    Route("/media/{name}", who, methods=["GET"]),
    Route("/_stcore/upload_file/{name}", take, methods=["PUT"]),
    WebSocketRoute("/_stcore/stream", who_on_socket),
]


def site_app() -> Starlette:
    """The staff's site with stand-ins where Streamlit would be."""
    return Starlette(
        routes=[*public_routes, *private_routes, *INSIDE],
        middleware=[Middleware(SecurityHeaders), Middleware(Gate)],
        exception_handlers=dict(errors.handlers),
    )


class Browser:
    """A browser with its own cookies, at an address of its own."""

    def __init__(self, *, ip: str = "198.51.100.7", base: str = SITE) -> None:
        self.base = base
        self.client = TestClient(
            site_app(), base_url=base, client=(ip, 50000), follow_redirects=False,
            raise_server_exceptions=False,
        )  # fmt: skip

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        return self.client.get(path, headers={"Accept": "text/html", **(headers or {})})

    def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, form: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """Open the form (at `form`, else at the path itself), fill it in and send it."""
        found = _CSRF.search(self.get(form or path).text)
        csrf = {"csrf": found.group(1)} if found else {}
        sent = {"Origin": self.base, "Accept": "text/html", **(headers or {})}
        return self.client.post(path, data={**csrf, **(fields or {})}, headers=sent)

    def sign_in(self, login: str, password: str = PASSWORD, **more: str) -> Any:
        fields = {"login": login, "password": password, "next": "/", **more}
        return self.post("/auth/login", fields)

    @property
    def secret(self) -> str:
        return self.client.cookies.get(cookies.session_name()) or ""

    def is_in(self) -> bool:
        return bool(self.get("/").status_code == 200)


@dataclass(frozen=True)
class Staff:
    """Two people who can sign in, and their ids."""

    admin: User
    clerk: User


def make_staff() -> Staff:
    """An administrator and an operator, both with PASSWORD."""
    with transaction() as session:
        make_organisation(session)
        admin = make_user(session, "nasrin", Role.ADMINISTRATOR, DepartmentKind.OPERATIONS)
        clerk = make_user(session, "davud", Role.OPERATOR, DepartmentKind.OPERATIONS)
        for user in (admin, clerk):
            passwords.set_password(
                session, SYSTEM, user_id=user.id, password=PASSWORD, now=clock.now()
            )
    return Staff(admin, clerk)


def make_link(purpose: LinkPurpose, user: User | None) -> str:
    """Return the path of a fresh link."""
    with transaction() as session:
        made = links.make_link(
            session, purpose=purpose, user_id=user.id if user else None, now=clock.now()
        )
    return made.address.removeprefix(SITE)


def hash_of(browser: Browser) -> str:
    return signing.digest(browser.secret)
