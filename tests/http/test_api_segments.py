"""Segments by API: counted and walked through with a key that may look at segments alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import clock
from core.access.terms import Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import NewApiKey
from core.db import transaction
from core.http.api import callers
from core.http.api.app import api
from core.http.api.limits import Limiter
from core.segments import filling, service
from core.segments.terms import SegmentDraft
from tests.support.cast import administrator, make_contact, make_organisation

SITE = Starlette(routes=[Mount("/api/v1", api)])
TEHRAN = {"node": "field", "field": "contact.city", "operator": "is", "value": "تهران"}
TREE = {"node": "group", "children": [TEHRAN]}


@pytest.fixture
def home(store: str) -> Iterator[None]:
    with transaction() as session:
        make_organisation(session)
        for number in range(5):
            make_contact(session, f"p{number}@example.com", city="تهران" if number else "قم")
        for name in ("Tehran", "Also Tehran"):
            draft = SegmentDraft(name=name, tree=dict(TREE))
            service.create(session, administrator(), draft=draft, now=clock.now())
    filling.fill_due(now=clock.now(), budget_s=30)
    yield
    api.state.limiter = Limiter()
    callers._noted_at.clear()


def client(scope: Permission) -> TestClient:
    with transaction() as session:
        given = NewApiKey(name="Panel", scopes=frozenset({scope}), department_id=None)
        key = create_api_key(session, administrator(), given=given, now=clock.now()).text
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    return TestClient(SITE, base_url="http://localhost/api/v1", headers=headers)


def walked(called: TestClient, path: str, limit: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = called.get(path, params={"cursor": cursor, "limit": limit})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return items


def test_segments_are_counted_and_their_members_walked_by_cursor(home: None) -> None:
    called = client(Permission.SEGMENT_VIEW)
    listed = walked(called, "/segments", 1)
    assert [one["name"] for one in listed] == ["Tehran", "Also Tehran"]
    one = called.get(f"/segments/{listed[0]['id']}").json()
    assert (one["count"], one["kind"], one["state"]) == (4, "dynamic", "ready")
    found = walked(called, f"/segments/{one['id']}/members", 3)
    assert len({each["contact"] for each in found}) == len(found) == 4


def test_a_key_for_something_else_and_a_segment_that_is_not_there_are_refused(home: None) -> None:
    assert client(Permission.STOCK_VIEW).get("/segments").status_code == 403
    called = client(Permission.SEGMENT_VIEW)
    assert called.get("/segments/seg_0").status_code == 404
    assert called.get("/segments/seg_0/members").json()["code"] == "segment.missing"


@pytest.mark.spec("T34")
@pytest.mark.parametrize("text", ["0", "201", "' OR 1=1 --", "1; DROP TABLE segment", "\x00"])
def test_hostile_page_sizes_and_cursors_are_refused(home: None, text: str) -> None:
    called = client(Permission.SEGMENT_VIEW)
    for name in ("limit", "cursor"):
        answer = called.get("/segments", params={name: text})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
