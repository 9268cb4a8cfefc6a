"""A session of Streamlit belongs to the visit that opened it: nobody else can take it over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.middleware import Middleware
from starlette.testclient import TestClient, WebSocketTestSession
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime

from core.http.config_check import TRUSTED
from core.http.gate import Gate
from tests.support.door import SITE, Browser, make_staff

SOCKET = "ws://localhost:8501/_stcore/stream"
SCRIPT = """
import streamlit as st
st.session_state.setdefault("mine", st.user["uid"])
st.text("state of " + st.session_state["mine"] + " seen by " + st.user["uid"])
"""


@pytest.fixture
def site(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Streamlit itself behind the gate, with the configuration that ships."""
    make_staff()
    script = tmp_path / "page.py"
    script.write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setattr(config, "_main_script_path", None)
    kept = config.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", TRUSTED)
    app = st.App(script, middleware=[Middleware(Gate)])
    with TestClient(app, base_url=SITE) as client:
        yield client
    config.set_option("server.trustedUserHeaders", kept)
    Runtime._instance = None


def cookie_of(login: str) -> dict[str, str]:
    browser = Browser()
    assert browser.sign_in(login).status_code == 303
    return {"Origin": SITE, "Cookie": f"chapar_session={browser.secret}"}


def visit(site: TestClient, cookie: dict[str, str], offered: str = "") -> tuple[str, str]:
    """Open a socket, perhaps with somebody's session id; return the id got and what was said."""
    protocols = ["streamlit", "x", offered] if offered else ["streamlit"]
    with site.websocket_connect(SOCKET, protocols, headers=dict(cookie)) as socket:
        return run(socket)


def run(socket: WebSocketTestSession) -> tuple[str, str]:
    """Run the page; return the id of Streamlit's session and what the page said."""
    ask = BackMsg()
    ask.rerun_script.query_string = ""
    socket.send_bytes(ask.SerializeToString())
    session_id = said = ""
    while True:
        message = ForwardMsg.FromString(socket.receive_bytes())
        if message.HasField("new_session"):
            session_id = message.new_session.initialize.session_id
        if message.delta.new_element.HasField("text"):
            said = message.delta.new_element.text.body
        if message.HasField("script_finished"):
            return session_id, said


@pytest.mark.spec("T30")
def test_the_session_of_one_person_offered_with_the_cookie_of_another_is_a_new_one(
    site: TestClient,
) -> None:
    nasrin, davud = cookie_of("nasrin"), cookie_of("davud")
    stolen, said = visit(site, nasrin)
    owner = said.split()[2]
    assert said == f"state of {owner} seen by {owner}"
    fresh, said = visit(site, davud, offered=stolen)
    assert fresh != stolen
    assert owner not in said.split()
    again, said = visit(site, nasrin, offered=stolen)
    assert again == stolen, "its owner may come back to it"
    assert said == f"state of {owner} seen by {owner}"


@pytest.mark.spec("T30", "T42")
def test_streamlit_behind_the_gate_answers_only_for_a_visit(site: TestClient) -> None:
    with site.websocket_connect(SOCKET, ["streamlit"], headers=cookie_of("nasrin")):
        pass
    for path in ("/_stcore/health", "/_stcore/host-config", "/media/x", "/component/x/y"):
        assert site.get(path).status_code == 401
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json"):
        assert site.get(path, headers=cookie_of("nasrin")).status_code == 404
    for path in ("/component/x/..%5c..", "/static/..%2f..%2fx", "//evil/x", "/media/%2e%2e/x"):
        assert site.get(SITE + path, headers=cookie_of("nasrin")).status_code in {400, 404}
