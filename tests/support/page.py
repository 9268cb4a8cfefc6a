"""Pages without a browser: sign somebody in, read a table, press in it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from core import clock, signing
from core.accounts.models import LoginSession, User
from core.accounts.terms import SessionKind

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"
PATIENCE = 30


def sign_in(
    session: Session, user: User | None, *, kind: SessionKind = SessionKind.STAFF, secret: str = ""
) -> str:
    """Open a visit and return its hash; with a secret the cookie that belongs to it is known."""
    row = LoginSession(
        hash=signing.digest(secret or signing.new_secret()),
        kind=kind,
        user_id=user.id if user else None,
        last_seen_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
        ip="127.0.0.1",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
    )
    session.add(row)
    session.flush()
    return row.hash


def open_shell(sid: str, *, query: dict[str, str] | None = None) -> AppTest:
    """Return the frame as this visit sees it, run once; go on with `switch_page(script).run()`."""
    page = AppTest.from_file(SHELL, default_timeout=PATIENCE)
    page.user = {"sid": sid, "uid": "1"}
    for name, value in (query or {}).items():
        page.query_params[name] = value
    return page.run()


def go(page: AppTest, script: str) -> AppTest:
    """Return the page after going to another script, named as in the registry."""
    return page.switch_page(script).run()


def table(page: AppTest, key: str) -> list[dict[str, str]]:
    """Return the rows of a table as what stands in their cells, with the id under "id"."""
    data = json.loads(_component(page, key).json)
    return [
        {"id": row["id"], **{name: cell["t"] for name, cell in row["cells"].items()}}
        for row in data["rows"]
    ]


def columns(page: AppTest, key: str) -> list[str]:
    """Return the columns a table shows, by their keys."""
    return [column["k"] for column in json.loads(_component(page, key).json)["columns"]]


def press(page: AppTest, key: str, event: str, value: object) -> AppTest:
    """Return the page after a press in a component: ("open", id), ("act", {...}), ("pick", iso)."""
    aggregate = _make_trigger_id(_component(page, key).id, "events")
    payload = json.dumps([{"event": event, "value": value}])
    state = WidgetState(id=aggregate, json_trigger_value=payload)
    tree: Any = page._tree
    of_widgets = tree.get_widget_states

    def with_press() -> WidgetStates:
        states: WidgetStates = of_widgets()
        states.widgets.append(state)
        return states

    tree.get_widget_states = with_press
    return page.run()


def choose(page: AppTest, key: str, row_id: str, action: str) -> AppTest:
    """Return the page after choosing an action from the menu of a row."""
    return press(page, key, "act", {"id": row_id, "action": action})


def texts(page: AppTest) -> str:
    """Return everything the page says, main part and sidebar, as one text."""
    parts = [element.value for element in (*page.markdown, *page.html, *page.caption)]
    parts += [element.value for element in (*page.toast, *page.title)]
    parts += [element.label for element in (*page.button, *page.text_input, *page.metric)]
    return "\n".join(str(part) for part in parts)


def _component(page: AppTest, key: str) -> Any:
    found = [one for one in page.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, f"{len(found)} components {key}"
    return found[0].proto
