"""The gate: everything that comes in passes here before Streamlit or a route sees it.

Deny by default. A pure ASGI middleware, because the usual kind does not see websockets.
"""

from urllib.parse import quote, unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import clock
from core.accounts.sessions import Visit
from core.accounts.terms import SessionKind
from core.http import bodies, paths, visits
from core.http.origins import is_own_host, is_own_origin, site
from core.http.paths import Area

OURS = b"x-chapar-"
LOGIN, CODE = "/auth/login", "/auth/second-factor"
GRACE_S = 30
"""How long a socket may outlive its visit: the page needs one run to say that it is over."""
_POLICY_VIOLATION = 1008


class Gate:
    """Lets nobody to the pages without a visit that holds, and says to them whose it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope = {**scope, "headers": _own_names_removed(scope)}
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        receive = bodies.capped(receive, paths.body_cap(scope["path"]))
        place = paths.area(scope["path"])
        if place is not Area.GUARDED:
            scope = {**scope, "query_string": _first_of_each(scope["query_string"])}
        if place is Area.OPEN:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["method"] not in paths.SAFE_METHODS and not _has_own_origin(connection):
            await _refused(403)(scope, receive, send)
            return
        visit = await visits.visit_of_cookie(connection)
        scope[visits.KEY] = visit
        if place is Area.DOOR:
            await self.app(scope, receive, send)
        elif visit is None or visit.kind is SessionKind.SECOND_FACTOR:
            await _shown_the_door(connection, visit)(scope, receive, send)
        else:
            await self.app(_named(scope, visit), receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        visit = None
        host = connection.headers.get("host", "")
        if is_own_host(host, site()) and _has_own_origin(connection):
            visit = await visits.visit_of_cookie(connection)
        if visit is None or visit.kind is SessionKind.SECOND_FACTOR:
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        watched = Watched(visit, receive, send)
        await self.app(_named(scope, visit), watched.receive, watched.send)


class Watched:
    """A socket that is cut once its visit has been over for GRACE_S.

    The page itself finds out on its next run and leads to the sign-in page. This is for sockets
    whose page does not: nothing that arrives later than the grace gets through.
    """

    def __init__(self, visit: Visit, receive: Receive, send: Send) -> None:
        self._hash = visit.hash
        self._receive, self._send = receive, send
        self._checked_at = clock.now()
        self._over_since: float | None = None
        self._is_cut = False

    async def receive(self) -> Message:
        """Return the next message, or a disconnect when the visit is over."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or not await self._is_over():
            return message
        if not self._is_cut:
            self._is_cut = True
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        """Pass a message on, unless the socket was cut."""
        if not self._is_cut:
            await self._send(message)

    async def _is_over(self) -> bool:
        """Ask the store at most once a second."""
        now = clock.now()
        if (now - self._checked_at).total_seconds() >= 1:
            self._checked_at = now
            visit = await run_in_threadpool(visits.look, self._hash, now=now)
            if visit is None and self._over_since is None:
                self._over_since = now.timestamp()
        return self._over_since is not None and now.timestamp() - self._over_since > GRACE_S


def _own_names_removed(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Only the gate may say who somebody is: what a client claims under our names is dropped."""
    return [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OURS)]


def _first_of_each(query: bytes) -> bytes:
    """Of a name that is given several times the first one counts, as in forms; the rest is gone.

    Else two readers of one request could see two different values.
    """
    kept: dict[str, bytes] = {}
    for part in query.split(b"&"):
        name = unquote_plus(part.partition(b"=")[0].decode("latin-1"))
        kept.setdefault(name, part)
    return b"&".join(kept.values())


def _named(scope: Scope, visit: Visit) -> Scope:
    """Tell the pages whose visit it is. A session of Streamlit is bound to these two values."""
    uid = str(visit.user.id) if visit.user else ""
    ours = [(b"x-chapar-uid", uid.encode()), (b"x-chapar-sid", visit.hash.encode())]
    return {**scope, "headers": [*scope["headers"], *ours]}


def _refusal(scope: Scope) -> Response | None:
    """Return the answer to a request that is wrong whoever makes it."""
    path, connection = scope["path"], HTTPConnection(scope)
    if scope["method"] not in paths.METHODS:
        return _refused(405, allow=", ".join(sorted(paths.METHODS)))
    if not is_own_host(connection.headers.get("host", ""), site()):
        return _refused(400)
    if paths.is_bad(path):
        return _refused(400)
    if paths.area(path) is Area.SHUT:
        return _refused(404)
    if bodies.says_too_much(scope, paths.body_cap(path)):
        return _refused(bodies.TOO_LARGE)
    return None


def _refused(status: int, **headers: str) -> Response:
    return PlainTextResponse(f"{status}\n", status, {"Cache-Control": "no-store", **headers})


def _has_own_origin(connection: HTTPConnection) -> bool:
    """Browsers send Origin with whatever changes something, and with every socket."""
    origins, host = connection.headers.getlist("origin"), connection.headers.get("host", "")
    return len(origins) == 1 and is_own_origin(origins[0], host, site())


def _shown_the_door(connection: HTTPConnection, visit: Visit | None) -> Response:
    scope = connection.scope
    accept = connection.headers.get("accept", "*/*")
    wants_page = "text/html" in accept or "*/*" in accept
    is_page = scope["method"] in {"GET", "HEAD"} and wants_page
    if not is_page or paths.is_machine(scope["path"]):
        return _refused(401)
    door = CODE if visit is not None else LOGIN
    query = scope["query_string"].decode("latin-1")
    wanted = paths.local(scope["path"] + (f"?{query}" if query else ""))
    address = door if wanted == "/" else f"{door}?next={quote(wanted, safe='/')}"
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
