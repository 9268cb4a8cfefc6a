"""The gate: who gets in, what is stripped, what is refused before anybody looks at it."""

from datetime import timedelta

import pytest
import time_machine
from starlette.websockets import WebSocketDisconnect

from core import clock
from core.access.terms import SYSTEM
from core.accounts import links, sessions
from core.accounts.rules import IDLE_LIMIT
from core.accounts.sessions import Place
from core.accounts.terms import LinkPurpose
from core.db import reading, transaction
from core.http import gate, paths
from core.http.origins import LOOPBACK, Site, client_ip, host_name, is_own_host, is_own_origin, site
from core.http.paths import Area
from core.http.routes import private_routes
from core.http.visits import look
from core.settings import settings
from tests.support.cast import make_organisation
from tests.support.door import SITE, Browser, Staff, hash_of, make_link, make_staff

SOCKET = "ws://localhost:8501/_stcore/stream"
OPEN = Site(frozenset({"hub.example"}) | LOOPBACK, frozenset({"https://hub.example"}), (), True)


@pytest.fixture
def staff(store: str) -> Staff:
    return make_staff()


@pytest.fixture
def inside(staff: Staff) -> Browser:
    browser = Browser()
    assert browser.sign_in("davud").status_code == 303
    return browser


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/", Area.GUARDED),
        ("/stock", Area.GUARDED),
        ("/anything/at/all", Area.GUARDED),
        ("/_stcore/stream", Area.GUARDED),
        ("/_stcore/upload_file/x/y", Area.GUARDED),
        ("/media/abc.png", Area.GUARDED),
        ("/component/x/index.html", Area.GUARDED),
        ("/preview/captured/1", Area.GUARDED),
        ("/authx", Area.GUARDED),
        ("/tt/x", Area.GUARDED),
        ("/api/v2/x", Area.GUARDED),
        ("/healthzz", Area.GUARDED),
        ("/auth/login", Area.DOOR),
        ("/assets/chapar.css", Area.OPEN),
        ("/api/v1/stock", Area.OPEN),
        ("/t/o/token.gif", Area.OPEN),
        ("/u/token", Area.OPEN),
        ("/healthz", Area.OPEN),
        ("/_stcore/metrics", Area.SHUT),
        ("/_stcore/agent/openapi.json", Area.SHUT),
        ("/oauth2callback", Area.SHUT),
    ],
)
def test_what_is_not_named_is_guarded(path: str, area: Area) -> None:
    assert paths.area(path) is area


def test_a_stranger_is_led_to_the_door_and_machines_are_told_401(staff: Staff) -> None:
    stranger = Browser()
    answer = stranger.get("/stock?page=2&q=a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/auth/login?next=/stock%3Fpage%3D2%26q%3Da"
    assert stranger.get("/").headers["location"] == "/auth/login"
    for path in ("/media/x.png", "/_stcore/health", "/_stcore/stream", "/component/x/y.js"):
        assert stranger.get(path).status_code == 401
    own = {"Origin": SITE}
    assert (
        stranger.client.put("/_stcore/upload_file/x", content=b"x", headers=own).status_code == 401
    )
    assert stranger.client.post("/take", content=b"x", headers=own).status_code == 401
    assert stranger.get("/healthz").status_code == 200


def test_a_signed_in_person_is_named_to_the_pages_and_nobody_else_can_be(
    inside: Browser, staff: Staff
) -> None:
    lies = {"X-Chapar-Uid": "1", "x-chapar-sid": "0" * 64, "X-CHAPAR-admin": "yes"}
    named = inside.get("/", headers=lies).json()
    assert named == [["x-chapar-uid", str(staff.clerk.id)], ["x-chapar-sid", hash_of(inside)]]


@pytest.mark.spec("T30")
def test_the_socket_carries_the_visit_of_the_cookie_and_drops_what_the_client_claims(
    inside: Browser, staff: Staff
) -> None:
    headers = {"Origin": SITE, "X-Chapar-Uid": str(staff.admin.id)}
    with inside.client.websocket_connect(SOCKET, headers=headers) as socket:
        socket.send_text("hello")
        assert socket.receive_json() == ["hello", str(staff.clerk.id)]


@pytest.mark.spec("T31")
def test_a_socket_without_our_own_origin_is_refused(inside: Browser) -> None:
    with inside.client.websocket_connect(SOCKET, headers={"Origin": SITE}):
        pass
    for origin in ("", "null", "https://evil.example", "http://localhost:1"):
        headers = {"Origin": origin} if origin else {}
        with (
            pytest.raises(WebSocketDisconnect),
            inside.client.websocket_connect(SOCKET, headers=headers),
        ):
            pytest.fail(f"a socket from {origin!r} was let in")


def test_a_socket_without_a_visit_is_refused(staff: Staff) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        Browser().client.websocket_connect(SOCKET, headers={"Origin": SITE}),
    ):
        pass


POSTS = [
    path.replace("{token}", "x").replace("{language}", "en")
    for path in sorted({route.path for route in private_routes if "POST" in route.methods})  # type: ignore[attr-defined]
]


@pytest.mark.spec("T31")
def test_a_post_from_elsewhere_is_refused_whatever_cookies_it_carries(inside: Browser) -> None:
    assert len(POSTS) >= 8
    for origin in ("", "null", "https://evil.example", "http://localhost:8501.evil.example"):
        headers = {"Origin": origin} if origin else {}
        for path in (*POSTS, "/take"):
            answer = inside.client.post(path, data={"csrf": "x"}, headers=headers)
            assert answer.status_code == 403, (path, origin)
    assert inside.is_in()


@pytest.mark.spec("T31")
def test_a_post_without_the_value_of_our_form_is_refused(inside: Browser) -> None:
    for path in (path for path in POSTS if "language" not in path):
        for fields in ({}, {"csrf": ""}, {"csrf": "A" * 43}, {"csrf": "\u06f1" * 43}):
            answer = inside.client.post(path, data=fields, headers={"Origin": SITE})
            assert answer.status_code == 403, (path, fields)
    assert inside.is_in()


def test_other_methods_that_change_something_need_our_origin_too(inside: Browser) -> None:
    for method in ("PUT", "DELETE"):
        assert inside.client.request(method, "/take", content=b"abc").status_code == 403
        mine = inside.client.request(method, "/take", content=b"abc", headers={"Origin": SITE})
        assert mine.json() == 3


@pytest.mark.spec("T65")
def test_unknown_methods_are_refused_everywhere(inside: Browser) -> None:
    for browser in (inside, Browser()):
        for path in ("/", "/auth/login", "/healthz", "/t/take", "/nowhere", "/assets/x.css"):
            for method in ("TRACE", "CONNECT", "PROPFIND", "TRACK", "BREW"):
                answer = browser.client.request(method, path)
                assert answer.status_code == 405, (path, method)
                assert "GET" in answer.headers["allow"]


WALKS = [
    "/%2e%2e/", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fapp.py", "/component/x/..%5c..",
    "/component/..%2f..%2fcore/db.py", "/media/..%2f..%2fapp.py", "/assets/..%2f..%2fapp.py",
    "/static/%2e%2e/%2e%2e/x", "/%5c%5cserver/share", "//server/share", "/component//server/x",
    "/assets/%5c%5cserver%5cshare", "/C:/windows/win.ini", "/media/c:%5cwindows", "/a%00b",
    "/%252e%252e/", "/assets/%252e%252e%252fapp.py", "/auth/..%2f", "/api/v1/..%5cx",
    "/_stcore/..%2f", "/t/..%2f..%2f", "/preview/%2e%2e/x", "/%c0%ae%c0%ae%5c",
]  # fmt: skip


@pytest.mark.spec("T42")
def test_no_path_walks_out_whoever_asks(inside: Browser) -> None:
    for browser in (inside, Browser()):
        for path in WALKS:
            assert browser.client.get(SITE + path).status_code in {400, 404}, path


@pytest.mark.spec("T35")
def test_a_request_for_another_host_is_refused(inside: Browser) -> None:
    for host in ("evil.example", "localhost.evil.example", "evil.example:8501", "localhost@evil",
                 "", "localhost/evil", "localhost:x", "127.0.0.1.nip.example"):  # fmt: skip
        for path in ("/", "/auth/login", "/healthz", "/t/crash"):
            answer = inside.get(path, headers={"Host": host})
            assert answer.status_code == 400, (host, path)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("hub.example", "hub.example"),
        ("HUB.example.:443", "hub.example"),
        ("[::1]:8501", "::1"),
        ("hub.example:", "hub.example"),
        ("a@hub.example", None),
        ("hub.example:99999", None),
        ("hub.example?x", None),
        ("", None),
    ],
)
def test_a_host_header_is_read_strictly(header: str, name: str | None) -> None:
    assert host_name(header) == name
    assert is_own_host(header, OPEN) is (name in OPEN.hosts)


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://hub.example", "hub.example", True),
        ("https://hub.example:443", "hub.example", True),
        ("http://hub.example", "hub.example", False),
        ("https://hub.example:444", "hub.example:444", False),
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8501", False),
        ("https://evil.example", "hub.example", False),
        ("https://hub.example.evil.example", "hub.example", False),
        ("null", "hub.example", False),
        ("ftp://hub.example", "hub.example", False),
        ("https://[", "hub.example", False),
    ],
)
def test_an_origin_is_ours_when_it_is_the_configured_one_or_the_loopback_itself(
    origin: str, host: str, is_own: bool
) -> None:
    assert is_own_origin(origin, host, OPEN) is is_own


@pytest.mark.spec("T27")
def test_what_is_too_large_is_refused_whether_it_says_so_or_not(inside: Browser) -> None:
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    for path, size, status in (
        ("/auth/login", 16 * 1024 + 1, 413),
        ("/auth/login", 2**20, 413),
        ("/take", 256 * 1024 + 1, 413),
        ("/take", 256 * 1024, 200),
        ("/t/take", 256 * 1024 + 1, 413),
    ):
        said = inside.client.post(path, content=b"x" * size, headers=headers)
        assert said.status_code == status, (path, size)
        pieces = (b"x" * min(4096, size - start) for start in range(0, size, 4096))
        unsaid = inside.client.post(path, content=pieces, headers=headers)
        assert unsaid.status_code == status, (path, size)


def test_a_size_that_is_no_number_is_refused(inside: Browser) -> None:
    for length in ("-1", "x", "1e3", ""):
        headers = {"Origin": SITE, "Content-Length": length}
        assert inside.client.post("/take", content=b"x", headers=headers).status_code == 413


@pytest.mark.spec("T63")
def test_a_forwarded_address_counts_only_from_a_proxy_of_ours(staff: Staff) -> None:
    attacker = Browser(ip="203.0.113.9")
    statuses = []
    for number in range(20):
        forged = {"X-Forwarded-For": f"10.1.{number}.7", "X-Real-IP": f"10.2.{number}.7"}
        answer = attacker.post(
            "/auth/login", {"login": "davud", "password": "guess"}, headers=forged
        )
        statuses.append(answer.status_code)
    assert statuses[:3] == [401, 401, 401]
    assert set(statuses[3:]) == {429}


@pytest.mark.spec("T63")
def test_a_thousand_forged_chains_never_name_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPAR_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    settings.cache_clear()
    behind = site()
    settings.cache_clear()
    for number in range(1000):
        forged = ", ".join(["1.2.3.4", f"9.9.{number % 256}.{number // 256}", "junk"])
        assert client_ip("203.0.113.9", forged, behind) == "203.0.113.9"
        chain = f"{forged}, 198.51.100.7, 10.0.0.2"
        assert client_ip("10.0.0.1", chain, behind) == "198.51.100.7"
    assert client_ip("10.0.0.1", "", behind) == "10.0.0.1"
    assert client_ip("10.0.0.1", "junk", behind) == "10.0.0.1"
    assert client_ip("10.0.0.1", "10.0.0.3", behind) == "10.0.0.1"
    assert client_ip("testclient", "1.1.1.1", behind) == "testclient"


@pytest.mark.spec("T25")
def test_a_visit_ended_elsewhere_gets_nothing_more_through(inside: Browser, staff: Staff) -> None:
    assert inside.is_in()
    with transaction() as session:
        sessions.revoke_all(session, SYSTEM, user_id=staff.clerk.id, now=clock.now())
    assert inside.get("/").status_code == 303
    assert inside.get("/media/x").status_code == 401
    own = {"Origin": SITE}
    assert inside.client.put("/_stcore/upload_file/x", content=b"x", headers=own).status_code == 401
    with (
        pytest.raises(WebSocketDisconnect),
        inside.client.websocket_connect(SOCKET, headers=own),
    ):
        pass


@pytest.mark.spec("T25")
def test_an_open_socket_is_told_at_once_and_cut_after_the_grace(
    inside: Browser, staff: Staff
) -> None:
    with (
        time_machine.travel(clock.now(), tick=False) as travel,
        inside.client.websocket_connect(SOCKET, headers={"Origin": SITE}) as socket,
    ):
        socket.send_text("a")
        assert socket.receive_json()[0] == "a"
        with transaction() as session:
            sessions.revoke_all(session, SYSTEM, user_id=staff.clerk.id, now=clock.now())
        assert look(hash_of(inside), now=clock.now()) is None
        travel.shift(timedelta(seconds=2))
        socket.send_text("b")
        assert socket.receive_json()[0] == "b", "the page needs one run to say that it is over"
        travel.shift(timedelta(seconds=gate.GRACE_S + 1))
        socket.send_text("c")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


@pytest.mark.spec("T30")
def test_looking_does_not_keep_a_visit_alive_and_using_it_does(inside: Browser) -> None:
    with time_machine.travel(clock.now(), tick=False) as travel:
        for _ in range(3):
            travel.shift(IDLE_LIMIT - timedelta(minutes=1))
            assert inside.is_in()
        travel.shift(IDLE_LIMIT - timedelta(minutes=1))
        assert look(hash_of(inside), now=clock.now()) is not None
        travel.shift(timedelta(minutes=2))
        assert not inside.is_in()


def test_a_set_up_visit_reaches_the_pages_as_nobody(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
    browser = Browser()
    path = make_link(LinkPurpose.SETUP, None)
    assert browser.post(path).status_code == 303
    named = dict(browser.get("/").json())
    assert named == {"x-chapar-uid": "", "x-chapar-sid": hash_of(browser)}
    answer = browser.get("/preview/captured/1")
    assert answer.status_code == 401
    assert "sandbox" in answer.headers["content-security-policy"]
    with reading() as session:
        assert links.peek_link(
            session, SYSTEM, secret=path.rsplit("/", 1)[1], purpose=LinkPurpose.SETUP,
            now=clock.now(),
        ) is None  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/stock", "/stock"),
        ("/stock?page=2", "/stock?page=2"),
        ("/", "/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a/../../x", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/auth/logout", "/"),
        ("/صفحه", "/"),
        ("/%2f%2fevil.example", "/"),
    ],
)
def test_the_way_on_never_leads_elsewhere(wanted: str, kept: str) -> None:
    assert paths.local(wanted) == kept


def test_places_are_cut_to_what_the_store_can_keep(staff: Staff) -> None:
    browser = Browser()
    browser.client.headers["User-Agent"] = "x" * 5000
    assert browser.sign_in("davud").status_code == 303
    with reading() as session:
        visit = look(hash_of(browser), now=clock.now())
        assert visit is not None
        assert Place(visit.session.ip, visit.session.user_agent) == Place("198.51.100.7", "x" * 300)
        assert session is not None
