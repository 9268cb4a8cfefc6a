"""The page behind the link in an alert."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock, signing
from core.access.terms import DepartmentKind
from core.alerts import service as alerts
from core.alerts.models import AlertNotice, AlertRule, Episode
from core.alerts.terms import Nag, NoticeKind, RuleDraft
from core.db import reading, transaction
from core.http import acknowledge
from core.http.errors import handlers
from core.i18n.terms import Language
from core.messages import links
from core.messages.models import Message
from core.operations.models import StockItem
from tests.support.cast import administrator, department_id, make_organisation, make_user
from tests.support.stock_events import Stock, drain, make_item

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    app = Starlette(routes=acknowledge.routes, exception_handlers=handlers)
    with TestClient(app, base_url="http://localhost", headers={"accept": "text/html"}) as made:
        yield made


@pytest.fixture
def told(store: str) -> None:
    """Kate and Omid were told of two items; times are real, because the routes ask the clock."""
    now = clock.now()
    with transaction() as session:
        make_organisation(session)
        for rule in session.exec(select(AlertRule)).all():
            session.delete(rule)
        make_user(session, "kate", language=Language.EN)
        make_user(session, "omid", language=Language.FA)
        here = department_id(session, DepartmentKind.OPERATIONS)
        draft = RuleDraft(department_id=here, department_ids=(here,), nag=Nag.HOURLY)
        alerts.add_rule(session, ADMIN, draft=draft, now=now)
        stock = Stock(session, now)
        stock.set(make_item(session, "A4", name="<b>Carton</b>"), 6)
        stock.set(make_item(session, "B5", name="کاغذ"), 2)
        drain(session, now=now)


def link(position: int = 0) -> str:
    with reading() as session:
        messages = session.exec(select(Message).order_by(col(Message.id))).all()
        kept = messages[position].values["links"]
        assert isinstance(kept, dict)
        address = links.signed(str(kept["acknowledge"]), messages[position])
        return address.removeprefix("http://localhost:8501")


def in_hand() -> int:
    with reading() as session:
        statement = select(Episode).where(col(Episode.acknowledged_at).is_not(None))
        return len(session.exec(statement).all())


def refill(session: Session) -> None:
    now = clock.now()
    for item in session.exec(select(StockItem)).all():
        Stock(session, now).set(item, 90)
    drain(session, now=now)


@pytest.mark.spec("S92")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_shows_what_it_is_and_changes_nothing(
    client: TestClient, told: None, method: str
) -> None:
    for _ in range(3):
        answer = client.request(method, link())
        assert answer.status_code == 200
    assert in_hand() == 0


@pytest.mark.usefixtures("told")
def test_the_page_speaks_the_language_of_the_mail_and_escapes_names(client: TestClient) -> None:
    english, persian = client.get(link(0)).text, client.get(link(1)).text
    assert '<html lang="en" dir="ltr">' in english
    assert "I’m on it" in english
    assert "&lt;b&gt;Carton&lt;/b&gt;" in english
    assert '<html lang="fa" dir="rtl">' in persian
    assert "پیگیری می‌کنم" in persian
    assert "۶ مانده" in persian


@pytest.mark.usefixtures("told")
def test_a_language_chosen_on_the_page_goes_before_that_of_the_mail(client: TestClient) -> None:
    answer = client.get(link(0), headers={"cookie": "chapar_lang=ar"})
    assert '<html lang="ar" dir="rtl">' in answer.text


@pytest.mark.spec("S92")
@pytest.mark.usefixtures("told")
def test_the_button_takes_it_in_hand_and_a_second_press_shows_the_same(
    client: TestClient,
) -> None:
    first = client.post(link())
    assert first.status_code == 200
    assert "everybody knows" in first.text.lower()
    assert "Kate Karimi took it on" in first.text
    assert '<form method="post" action="/a/' not in first.text
    assert in_hand() == 2
    assert client.post(link()).text.split("<main")[1] == first.text.split("<main")[1]
    other = client.post(link(1))
    assert "Kate Karimi" in other.text
    with reading() as session:
        names = session.exec(select(Episode.acknowledged_by_id)).all()
        assert len(set(names)) == 1


@pytest.mark.usefixtures("told")
def test_a_link_followed_after_stock_came_back_says_that_nothing_is_needed(
    client: TestClient,
) -> None:
    with transaction() as session:
        refill(session)
    for answer in (client.get(link()), client.post(link())):
        assert answer.status_code == 200
        assert "Stock is back" in answer.text
    assert in_hand() == 0


@pytest.mark.usefixtures("told")
def test_the_link_in_a_sample_says_so_and_does_nothing(client: TestClient) -> None:
    with transaction() as session:
        kate = session.exec(select(AlertNotice.contact_id).order_by(col(AlertNotice.id))).first()
        assert kate is not None
        made = AlertNotice(kind=NoticeKind.SAMPLE, key="sample:1", contact_id=kate)
        session.add(made)
        session.flush()
        path = f"/a/{signing.token('acknowledge', made.id)}"
    for answer in (client.get(path), client.post(path)):
        assert "sample mail" in answer.text
    assert in_hand() == 0


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tampered_or_unknown_link_is_a_calm_404(client: TestClient, method: str) -> None:
    good = link()
    swapped = good[:-3] + ("AAA" if not good.endswith("AAA") else "BBB")
    for path in (swapped, "/a/x", f"/a/{signing.token('unsubscribe', 1)}",
                 f"/a/{signing.token('acknowledge', 10**6)}", f"/a/{'A' * 5000}"):  # fmt: skip
        answer = client.request(method, path, headers={"accept-language": "en"})
        assert answer.status_code == 404
        assert "This link is not right" in answer.text
    assert in_hand() == 0


@pytest.mark.usefixtures("told")
def test_a_link_stays_good_while_its_key_does(client: TestClient) -> None:
    with reading() as session:
        token = link().removeprefix("/a/")
        later = clock.now() + timedelta(days=399)
        assert alerts.notice_by_token(session, token, now=later).waiting_count == 2
