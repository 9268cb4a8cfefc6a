"""What is measured of events: batches over HTTP, each durable before its answer."""

import json
import time
from http import HTTPStatus
from http.client import HTTPConnection

from core import clock
from core.access.terms import Permission
from core.accounts import api_keys
from core.accounts.terms import NewApiKey
from core.cli import processes
from core.cli.figures import Figures
from core.cli.sandbox import PATIENCE_S, is_serving, running, wait_until
from core.cli.speech import COMMAND_LINE
from core.db import transaction
from core.errors import Unavailable
from core.settings import settings

BATCHES, BATCH = 60, 1_000


def tell_events() -> Figures:
    """Return how many events a second the interface takes in."""
    with transaction() as session:
        given = NewApiKey(name="bench", scopes=frozenset({Permission.EVENT_RECORD}))
        key = api_keys.create_api_key(session, COMMAND_LINE, given=given, now=clock.now()).text
    bodies = [_batch(number) for number in range(BATCHES)]
    with running(processes.web_command()):
        wait_until(is_serving)
        line = HTTPConnection("127.0.0.1", settings().port, timeout=PATIENCE_S)
        _send(line, key, _batch(BATCHES))  # what is loaded with the first call is not measured
        start = time.monotonic()
        for body in bodies:
            _send(line, key, body)
        seconds = time.monotonic() - start
        line.close()
    return {"events_s": round(BATCHES * BATCH / seconds)}


def _batch(number: int) -> bytes:
    events = [
        {"name": "lesson.finished", "id": f"{number}-{at}", "anonymous_id": f"v{at}",
         "properties": {"lesson": at, "title": "درس"}}
        for at in range(BATCH)
    ]  # fmt: skip
    return json.dumps({"events": events}).encode()


def _send(line: HTTPConnection, key: str, body: bytes) -> None:
    heads = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line.request("POST", "/api/v1/events/batch", body, heads)
    answer = line.getresponse()
    if answer.status != HTTPStatus.OK or json.loads(answer.read())["recorded"] != BATCH:
        raise Unavailable("bench.too_slow", seconds=0)
