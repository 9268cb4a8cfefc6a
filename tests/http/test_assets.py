"""What browsers keep of our files: for good what its address tells, and nothing else unasked."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.http import assets


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[assets.route]))


def test_a_file_is_kept_for_good_under_an_address_that_tells_its_content(
    client: TestClient,
) -> None:
    answer = client.get(assets.address("chapar.css"))
    assert (answer.status_code, answer.headers["content-type"][:8]) == (200, "text/css")
    assert "immutable" in answer.headers["cache-control"]


def test_browsers_ask_again_for_a_file_without_one(client: TestClient) -> None:
    answer = client.get("/assets/chapar.css")
    assert answer.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/assets/chapar.css", headers=known).status_code == 304


def test_another_content_has_another_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    found = set()
    for content in ("a", "b"):
        (tmp_path / "x.css").write_text(content, encoding="utf-8")
        assets.address.cache_clear()
        found.add(assets.address("x.css"))
    assets.address.cache_clear()
    assert len(found) == 2
