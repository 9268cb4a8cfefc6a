"""The script on somebody's site, and what its pages tell, as browsers and strangers send it."""

import json
from collections.abc import Iterator, Mapping

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from core import clock
from core.contacts import service as people
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.errors import Invalid
from core.events.models import Event
from core.http import site_hits
from core.http.api.limits import Limiter
from core.tracking import rules, sites
from core.tracking.models import Site
from core.tracking.terms import SiteInput
from tests.support.cast import administrator, make_organisation
from tests.support.door import site_app

HERE = "https://shop.example"
ADMIN = administrator()
PAGE = {"kind": "page", "id": "1", "at": 1, "properties": {"path": "/pricing"}}


@pytest.fixture
def site(store: str) -> Site:
    with transaction() as session:
        make_organisation(session)
        given = SiteInput(name="Shop", origins=["shop.example"], user_source="shop")
        return sites.add_site(session, ADMIN, given=given, now=clock.now())


@pytest.fixture
def client(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(site_hits, "of_address", Limiter())
    with TestClient(site_app(), base_url="http://localhost:8501", follow_redirects=False) as made:
        yield made


def tell(
    client: TestClient, site: Site, *hits: Mapping[str, object], origin: str = HERE, **more: object
) -> int:
    body = json.dumps({"visitor": "v1", "hits": hits, **more})
    headers = {"Origin": origin, "Content-Type": "text/plain;charset=UTF-8"}
    return client.post(f"/e/{site.public_id}", content=body, headers=headers).status_code


def told() -> list[Event]:
    with reading() as session:
        mine = select(Event).where(col(Event.source).startswith("site:"))
        return list(session.exec(mine.order_by(col(Event.id))).all())


def sara() -> Contact:
    with transaction() as session:
        made = people.add_contact(session, kind=ContactKind.CUSTOMER, now=clock.now())
        people.set_email(session, made, "sara@example.com")
        people.set_external(session, made, source="shop", number="C-9")
        return made


@pytest.mark.spec("S118")
def test_the_script_is_small_and_knows_whether_it_has_to_wait(
    client: TestClient, site: Site
) -> None:
    answer = client.get(f"/e/{site.public_id}.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) < 5 * 1024
    assert '"yes" === "yes"' in answer.text
    assert "document.cookie" not in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/e/site_0.js").status_code == 404


@pytest.mark.spec("S118")
def test_what_a_page_tells_is_kept_once_under_the_visitor(client: TestClient, site: Site) -> None:
    hits = [PAGE, {"kind": "search", "id": "2", "at": 2, "properties": {"query": "کیف"}},
            {"kind": "product", "id": "3", "at": 3}, {"kind": "cart", "id": "4", "at": 4},
            {"kind": "download", "id": "5", "at": 9e15}]  # fmt: skip
    assert tell(client, site, *hits) == 204
    assert tell(client, site, *hits) == 204
    assert [one.name for one in told()] == [
        "page.viewed", "site.searched", "product.viewed", "cart.changed", "site.downloaded",
    ]  # fmt: skip
    assert {(one.anonymous_id, one.contact_id) for one in told()} == {("v1", None)}
    assert told()[-1].occurred_at <= clock.now()
    with reading() as session:
        held = sites.last_hits(session, ADMIN, site_id=site.id)
        assert held[0].name == "site.downloaded"
        found = session.get(Site, site.id)
        assert found is not None
        assert found.last_seen_at is not None


@pytest.mark.spec("S118")
def test_only_pages_of_the_site_are_listened_to(client: TestClient, site: Site) -> None:
    for origin in ("https://evil.example", "http://shop.example", "null", HERE + ".evil.example"):
        assert tell(client, site, PAGE, origin=origin) == 403
    assert client.post(f"/e/{site.public_id}", content="{}").status_code == 403
    asked = client.options(f"/e/{site.public_id}", headers={"Origin": HERE})
    assert asked.headers["access-control-allow-origin"] == HERE
    assert "access-control-allow-credentials" not in asked.headers
    assert (
        client.options(f"/e/{site.public_id}", headers={"Origin": "https://x.y"}).status_code == 403
    )
    with transaction() as session:
        sites.switch_site(session, ADMIN, site_id=site.id, seen_version=1, now=clock.now())
    assert tell(client, site, PAGE) == 403
    assert told() == []


@pytest.mark.spec("S118", "T34")
@pytest.mark.parametrize("hit", [
    {}, {"kind": "mail.opened", "id": "1"}, {"kind": "page"}, {"kind": "page", "id": 1},
    {"kind": "page", "id": "x" * 41}, {**PAGE, "properties": []}, {**PAGE, "contact_id": 1},
    {**PAGE, "properties": {"a": {"b": {"c": {"d": 1}}}}}, {**PAGE, "user": 5}, "page", None,
])  # fmt: skip
def test_a_hit_that_no_script_of_ours_sends_is_refused(
    client: TestClient, site: Site, hit: Mapping[str, object]
) -> None:
    assert tell(client, site, PAGE, hit) == 422
    assert told() == []


@pytest.mark.parametrize("body", ["", "[", "[]", "{}", "[" * 30_000, '{"visitor":"v","hits":[]}'])
def test_a_body_that_is_no_hit_is_refused(client: TestClient, site: Site, body: str) -> None:
    answer = client.post(f"/e/{site.public_id}", content=body, headers={"Origin": HERE})
    assert answer.status_code == 422


@pytest.mark.spec("S118")
@pytest.mark.parametrize("user", ["sara@example.com", "C-9"])
def test_a_visitor_becomes_a_person_only_when_the_site_vouches(
    client: TestClient, site: Site, user: str
) -> None:
    person = sara()
    said = {"kind": "identify", "id": "9", "user": user}
    for proof in ("", "0" * 64, rules.proof_of("another secret", user)):
        assert tell(client, site, PAGE, {**said, "proof": proof}) == 204
    assert {one.contact_id for one in told()} == {None}
    with reading() as session:
        secret = sites.secret_of(session, ADMIN, site_id=site.id)
    assert tell(client, site, {**said, "proof": rules.proof_of(secret, user)}) == 204
    assert {one.contact_id for one in told()} == {person.id}
    assert tell(client, site, {**PAGE, "id": "10"}) == 204
    assert {one.contact_id for one in told()} == {person.id}
    with reading() as session:
        kinds = [one.kind.value for one in session.exec(select(ContactIdentity)).all()
                 if one.contact_id == person.id]  # fmt: skip
        assert sorted(kinds) == ["cookie", "email", "external"]


def test_whom_the_site_names_and_nobody_knows_stays_a_visitor(
    client: TestClient, site: Site
) -> None:
    proof = rules.proof_of(sites.secret(site), "x@example.com")
    hit = {"kind": "identify", "id": "9", "user": "x@example.com", "proof": proof}
    assert tell(client, site, PAGE, hit) == 204
    assert [one.contact_id for one in told()] == [None]


def test_a_flood_is_asked_to_wait(
    client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_hits, "of_address", Limiter(per_minute=1, at_once=2))
    given = [tell(client, site, {**PAGE, "id": str(n)}) for n in range(3)]
    assert given == [204, 204, 429]


@pytest.mark.parametrize(("typed", "expected"), [
    ("shop.example", "https://shop.example"), ("https://Shop.example/", "https://shop.example"),
    ("http://localhost:3000/x?y", "http://localhost:3000"), ("https://a.ir:443", "https://a.ir"),
    ("https://سیب.ایران", "https://xn--pgbp4c.xn--mgba3a4f16a"),
])  # fmt: skip
def test_an_origin_is_written_as_browsers_send_it(typed: str, expected: str) -> None:
    assert rules.origin_of(typed).partition("//")[0] == expected.partition("//")[0]
    if typed.isascii():
        assert rules.origin_of(typed) == expected
    assert rules.origin_of(rules.origin_of(typed)) == rules.origin_of(typed)


@pytest.mark.parametrize("typed", ["*", "javascript:alert(1)", "https://", "ftp://a.b", "a b",
                                   "https://u:p@a.b", "https://a.b:x"])  # fmt: skip
def test_what_is_no_origin_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match=r"site\.bad_origin"):
        rules.origin_of(typed)
