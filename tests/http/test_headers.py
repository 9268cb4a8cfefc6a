"""Headers on every answer, the page frame in three languages, and what the start refuses."""

import re
import tomllib
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.errors import Unavailable
from core.http import config_check
from core.http.config_check import LARGEST_UPLOAD_MB, REQUIRED, problems, refuse_unsafe
from core.http.gate import Gate
from core.http.headers import FORM_CSP, PAGE_CSP, SANDBOX_CSP, SecurityHeaders
from core.http.language import language_of
from core.http.shell import LangShell, framed
from core.i18n.terms import Language
from core.settings import settings
from tests.support.door import Browser, make_staff

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "SAMEORIGIN",
}


@pytest.fixture
def inside(store: str) -> Browser:
    make_staff()
    made = Browser()
    assert made.sign_in("nasrin").status_code == 303
    return made


def test_every_answer_carries_the_headers_good_or_bad(inside: Browser) -> None:
    paths = ("/", "/auth/login", "/auth/forgot", "/healthz", "/media/x", "/crash", "/t/crash",
             "/nowhere/at/all", "/%2e%2e/", "/auth/password/none")  # fmt: skip
    for visitor in (inside, Browser()):
        for path in paths:
            headers = visitor.get(path).headers
            assert headers.items() >= ALWAYS.items(), path
            assert "camera=()" in headers["permissions-policy"]
            assert "default-src" in headers["content-security-policy"]
            assert "unsafe-eval" not in headers["content-security-policy"]
            assert "strict-transport-security" not in headers


def test_our_own_pages_allow_no_script_and_previews_allow_nothing() -> None:
    assert "script" not in FORM_CSP
    assert "default-src 'none'" in FORM_CSP
    assert SANDBOX_CSP.startswith("sandbox;")
    assert "allow-" not in SANDBOX_CSP
    assert "object-src 'none'" in PAGE_CSP


def test_only_what_strangers_may_embed_can_be_embedded(inside: Browser) -> None:
    assert inside.get("/").headers["cross-origin-resource-policy"] == "same-origin"
    assert "cross-origin-resource-policy" not in inside.get("/t/crash").headers


def test_under_https_browsers_are_told_to_stay_there(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAPAR_BASE_URL", "https://hub.example")
    settings.cache_clear()
    make_staff()
    answer = Browser(base="https://hub.example").get("/auth/login")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


# --- the page frame ---------------------------------------------------------------------------


async def _other(_request: Request) -> Response:
    return PlainTextResponse("other")


def shell() -> TestClient:
    app = Starlette(
        routes=[Route("/{rest:path}", _other)],
        middleware=[Middleware(LangShell, index=INDEX, routes=[Route("/a/{b}", _other)])],
    )
    return TestClient(app, base_url="http://localhost")


@pytest.mark.parametrize("language", Language)
def test_the_frame_has_language_and_direction_from_the_first_byte(
    store: str, language: Language
) -> None:
    answer = shell().get("/stock", headers={"Cookie": f"chapar_lang={language.value}"})
    html = answer.text
    assert f'<html lang="{language.value}" dir="{language.direction}">' in html
    assert html.count("/assets/chapar.css") == 1
    assert html.index("Navigator.prototype") < html.index("./static/js/index")
    assert "react-aria.i18n.locale" in html
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"https?://", html) == []


@pytest.mark.parametrize("language", Language)
def test_nothing_of_the_frame_speaks_of_anything_but_this_product(
    store: str, language: Language
) -> None:
    html = framed(INDEX.read_text(encoding="utf-8"), language)
    assert "service-desc" not in html
    assert "SourceSans" not in html
    assert "agent" not in html.lower()
    assert not re.search(r"<title>Streamlit|You need to enable|<!--", html)


@pytest.mark.parametrize("path", ["/a/b", "/x.png", "/_stcore/health", "/static/js/x.js"])
def test_what_somebody_else_answers_passes(store: str, path: str) -> None:
    assert shell().get(path).text == "other"


@pytest.mark.parametrize("path", ["/b/c", "/stock/_stcore/health", "/stock/", "/a/b/c.js"])
def test_a_path_that_is_nobodys_is_not_found(store: str, path: str) -> None:
    answer = shell().get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_only_reading_gets_the_frame(store: str) -> None:
    assert shell().post("/stock").status_code == 405


def test_a_frame_that_has_changed_is_noticed() -> None:
    with pytest.raises(ValueError, match="has changed"):
        framed("<html><head></head><body></body></html>", Language.FA)


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "fa"),
        ({"accept-language": "en-GB,en;q=0.9"}, "en"),
        ({"accept-language": "de,ar;q=0.5,en;q=0.4"}, "ar"),
        ({"accept-language": "en;q=0.1,fa-IR;q=0.8"}, "fa"),
        ({"accept-language": "de-DE,fr"}, "fa"),
        ({"accept-language": "en;q=0,*"}, "fa"),
        ({"accept-language": "en;q=x;;;,,"}, "fa"),
        ({"accept-language": "en", "cookie": "chapar_lang=ar"}, "ar"),
        ({"accept-language": "en", "cookie": "chapar_lang=xx"}, "en"),
        ({"accept-language": "," * 5000 + "en"}, "fa"),
    ],
)
def test_the_language_is_the_one_chosen_or_wished_or_the_default(
    store: str, headers: dict[str, str], language: str
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "headers": raw, "path": "/", "method": "GET"})
    assert language_of(request) == language


# --- the start --------------------------------------------------------------------------------

SAFE: dict[str, object] = {
    **REQUIRED, "server.allowedHosts": ["localhost"], "server.corsAllowedOrigins": [],
    "server.maxUploadSize": LARGEST_UPLOAD_MB,
}  # fmt: skip
STACK = [SecurityHeaders, Gate, LangShell]


def test_a_safe_configuration_starts() -> None:
    assert problems(SAFE, middleware=STACK) == []
    assert set(config_check.OPTIONS) == set(SAFE)
    refuse_unsafe(SAFE, middleware=STACK)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("client.showErrorDetails", "full"),
        ("client.toolbarMode", "developer"),
        ("browser.gatherUsageStats", True),
        ("server.enableAgentApi", True),
        ("server.enableXsrfProtection", False),
        ("server.enableCORS", False),
        ("server.enableStaticServing", True),
        ("server.trustedUserHeaders", {}),
        ("server.trustedUserHeaders", {"x-chapar-uid": "uid", "x-user": "sid"}),
        ("server.trustedUserHeaders", {**config_check.TRUSTED, "x-more": "more"}),
        ("server.allowedHosts", []),
        ("server.allowedHosts", ["*"]),
        ("server.allowedHosts", ["*.example"]),
        ("server.corsAllowedOrigins", ["https://evil.example"]),
        ("server.maxUploadSize", 200),
        ("server.baseUrlPath", "hub"),
    ],
)
def test_each_unsafe_option_is_named_and_stops_the_start(option: str, value: object) -> None:
    options = {**SAFE, option: value}
    assert problems(options, middleware=STACK) == [f"option.{option}"]
    with pytest.raises(Unavailable) as refusal:
        refuse_unsafe(options, middleware=STACK)
    assert refusal.value.params == {"problems": [f"option.{option}"]}


@pytest.mark.parametrize(
    ("stack", "code"),
    [
        ([SecurityHeaders, LangShell], "gate.missing"),
        ([], "gate.missing"),
        ([Gate], "headers.missing"),
        ([SecurityHeaders, LangShell, Gate], "gate.not_first"),
    ],
)
def test_without_the_gate_in_front_nothing_starts(stack: list[type], code: str) -> None:
    assert problems(SAFE, middleware=stack) == [code]


def test_the_configuration_that_ships_is_the_one_the_start_demands() -> None:
    shipped = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))
    for name, value in REQUIRED.items():
        section, _, option = name.partition(".")
        if option in shipped.get(section, {}):
            assert shipped[section][option] == value
    assert shipped["server"]["trustedUserHeaders"] == config_check.TRUSTED
    assert shipped["server"]["maxUploadSize"] <= LARGEST_UPLOAD_MB
