"""A name that is given twice means its first value, in every address and every form."""

from urllib.parse import urlencode

import pytest

from core import clock
from core.access.terms import SYSTEM, Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import NewApiKey
from core.db import transaction
from core.operations import service as operations
from core.operations.terms import NewItem
from tests.support.cast import administrator
from tests.support.door import PASSWORD, SITE, Browser, Staff, make_staff


@pytest.fixture
def staff(store: str) -> Staff:
    return make_staff()


@pytest.fixture
def shop(staff: Staff) -> dict[str, str]:
    """The key of a shop that keeps three items."""
    with transaction() as session:
        for code in ("A4", "A5", "B5"):
            new = NewItem(code=code, name=code, on_hand=9, reorder_point=1)
            operations.add_item(session, SYSTEM, new=new, now=clock.now())
        given = NewApiKey(name="Shop", scopes=frozenset({Permission.STOCK_VIEW}))
        made = create_api_key(session, administrator(), given=given, now=clock.now())
    return {"Authorization": f"Bearer {made.text}", "Accept-Language": "en"}


@pytest.mark.spec("T64")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("limit=1&limit=3", 1),
        ("limit=3&limit=1", 3),
        ("limit=2&%6cimit=1&li%6Dit=3", 2),
        ("limit=2&&limit=", 2),
    ],
)
def test_a_call_of_the_api_reads_the_first(shop: dict[str, str], query: str, count: int) -> None:
    answer = Browser().client.get(f"/api/v1/stock?{query}", headers=shop)
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == count


@pytest.mark.spec("T64")
def test_a_first_value_that_is_wrong_is_refused_whatever_follows(shop: dict[str, str]) -> None:
    answer = Browser().client.get("/api/v1/stock?limit=x&limit=1", headers=shop)
    assert answer.status_code == 422


@pytest.mark.spec("T64")
def test_the_door_reads_the_first_in_its_address(staff: Staff) -> None:
    page = Browser().get("/auth/login?next=/stock&next=/people&ne%78t=/sales")
    assert 'name="next" value="/stock"' in page.text
    assert "/people" not in page.text


@pytest.mark.spec("T64")
@pytest.mark.parametrize("first", [PASSWORD, "wrong password given"])
def test_a_form_reads_the_first(staff: Staff, first: str) -> None:
    browser = Browser()
    csrf = browser.get("/auth/login").text.partition('name="csrf" value="')[2].partition('"')[0]
    fields = [
        ("csrf", csrf), ("login", "nasrin"), ("login", "davud"), ("password", first),
        ("password", PASSWORD), ("next", "/"),
    ]  # fmt: skip
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    browser.client.post("/auth/login", content=urlencode(fields), headers=headers)
    assert browser.is_in() == (first == PASSWORD)
