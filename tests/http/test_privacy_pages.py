"""A person takes a copy of their data, or has it erased, by a link in a mail that works once."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, SQLModel, col, select
from starlette.testclient import TestClient

from core import clock, signing
from core.access.terms import DepartmentKind, Role
from core.audit.models import AuditEntry
from core.consent import policy
from core.consent.erased import is_erased
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactStatus
from core.db import reading, transaction
from core.errors import Forbidden, Invalid, NotFound
from core.i18n.terms import Language
from core.messages import parcels, service
from core.messages.letters import compose
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.notices import captured
from core.privacy import deciding, requests
from core.privacy.models import Erasure, PrivacyRequest
from core.privacy.terms import RequestState, Wish
from tests.support.cast import (
    actor_of,
    administrator,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.door import site_app

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()
EMAIL = "sara@example.com"
S = RequestState


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    with TestClient(site_app(), base_url="http://localhost:8501") as made:
        yield made


@pytest.fixture
def sara(store: str) -> Contact:
    with transaction() as session:
        make_organisation(session).name = "Chapar Shop"
        return make_contact(session, EMAIL, first_name="Sara", language=Language.EN)


def token(person: Contact) -> str:
    return signing.token("preferences", person.id)


def ask(client: TestClient, person: Contact, wish: Wish) -> str:
    answer = client.post(f"/p/ask/{token(person)}", data={"wish": wish.value})
    assert answer.status_code == 200
    return answer.text


def written(message: Message) -> str:
    """The mail as it leaves."""
    with reading() as session:
        (parcel,) = parcels.parcels_of(session, [session.get_one(Message, message.id)])
        return str(asdict(compose(parcel))["text"])


def newest_mail() -> Message:
    with reading() as session:
        return session.exec(select(Message).order_by(col(Message.id).desc())).first() or Message()


def link_of(client: TestClient, person: Contact, wish: Wish) -> str:
    """The path of the link that is mailed."""
    ask(client, person, wish)
    start, letter = f"/p/{wish.value}/", written(newest_mail())
    assert start in letter, letter
    return start + letter.partition(start)[2].split()[0]


def requests_now() -> list[tuple[Wish, RequestState]]:
    with reading() as session:
        found = session.exec(select(PrivacyRequest).order_by(col(PrivacyRequest.id)))
        return [(one.wish, one.state) for one in found]


def everything(session: Session) -> dict[str, list[str]]:
    return {
        table.name: [str(tuple(row)) for row in session.execute(table.select())]
        for table in SQLModel.metadata.sorted_tables
    }


@pytest.mark.spec("U12", "T54")
def test_a_person_takes_a_copy_of_their_data_by_a_link_that_works_once(
    client: TestClient, sara: Contact
) -> None:
    path = link_of(client, sara, Wish.COPY)
    answer = client.post(path)
    assert answer.headers["content-type"] == "application/zip"
    assert "no-store" in answer.headers["cache-control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        (contact,) = json.loads(packed.read("data/contact.json"))
        assert contact["first_name"] == "Sara"
        assert "Sara" in packed.read("summary.html").decode()
    assert requests_now() == [(Wish.COPY, S.DONE)]
    assert client.post(path).status_code == 404
    assert client.get(path).status_code == 404
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "contact.copied")).one()
        assert (entry.actor_kind, entry.contact_id) == ("contact", sara.id)


@pytest.mark.spec("U12", "T54")
def test_a_person_has_everything_erased_and_is_told_what_stays(
    client: TestClient, sara: Contact
) -> None:
    path = link_of(client, sara, Wish.ERASURE)
    page = client.get(path).text
    assert "coded fingerprint" in page
    assert "Erase everything" in page
    done = client.post(path)
    assert "Your data is erased" in done.text
    with reading() as session:
        shell = session.get_one(Contact, sara.id)
        assert shell.status is ContactStatus.ERASED
        assert is_erased(session, EMAIL)
        assert session.exec(select(Erasure)).one().by_name == ""
        (row,) = session.exec(select(PrivacyRequest)).all()
        assert (row.contact_id, row.state) == (None, S.DONE)
        assert EMAIL not in str(everything(session))
    assert client.post(path).status_code == 404
    assert client.get(f"/p/{token(sara)}").status_code == 404


@pytest.mark.spec("U12")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_pages_however_often_changes_nothing(
    client: TestClient, sara: Contact, method: str
) -> None:
    paths = [link_of(client, sara, wish) for wish in Wish]
    with reading() as session:
        before = everything(session)
    for path in [*paths, f"/p/ask/{token(sara)}", f"/p/{token(sara)}"]:
        for _ in range(3):
            assert client.request(method, path).status_code == 200
    with reading() as session:
        assert everything(session) == before


@pytest.mark.spec("U12", "T60")
def test_the_link_stands_nowhere_but_in_the_mail(client: TestClient, sara: Contact) -> None:
    for wish in Wish:
        secret = link_of(client, sara, wish).rpartition("/")[2]
        assert len(secret) == 43
        message = newest_mail()
        with reading() as session:
            stored = str(everything(session))
            shown = service.letter(session, ADMIN, public_id=message.public_id)
        assert secret not in stored
        assert f"/p/{wish.value}/" not in stored
        assert f"/p/{wish.value}/hidden" in shown.text
        assert secret not in shown.text + shown.html


def test_a_captured_mail_with_such_a_link_is_not_for_everybody() -> None:
    raw = b"Subject: x\r\n\r\nhttp://localhost/p/erasure/abc"
    assert captured.said_by(raw).holds_one_time_link


@pytest.mark.spec("U12", "T19")
def test_whoever_asks_gets_the_same_answer_and_one_mail_an_hour(
    client: TestClient, sara: Contact
) -> None:
    first = ask(client, sara, Wish.COPY)
    for _ in range(4):
        assert ask(client, sara, Wish.COPY) == first
    stranger = client.post("/p/ask/AAAA?lang=en", data={"wish": "copy"}).text
    known = client.post(f"/p/ask/{token(sara)}?lang=en", data={"wish": "copy"}).text
    assert stranger.replace("AAAA", token(sara)) == known
    with reading() as session:
        assert len(session.exec(select(Message)).all()) == 1


def test_one_address_cannot_ask_for_everybody(client: TestClient, sara: Contact) -> None:
    for _ in range(25):
        client.post("/p/ask/AAAA", data={"wish": "erasure"})
    ask(client, sara, Wish.ERASURE)
    assert requests_now() == []


def test_a_new_link_ends_the_earlier_one_and_a_day_ends_each(sara: Contact, now: datetime) -> None:
    def asked(at: datetime) -> str:
        with transaction() as session:
            person = session.get_one(Contact, sara.id)
            requests.ask(session, person, Wish.COPY, now=at)
        return written(newest_mail()).partition("/p/copy/")[2].split()[0]

    def works(secret: str, at: datetime) -> bool:
        with reading() as session:
            return requests.asked_by(session, secret, Wish.COPY, now=at) is not None

    old = asked(now)
    new = asked(now + timedelta(hours=2))
    assert not works(old, now + timedelta(hours=2))
    assert works(new, now + timedelta(hours=25))
    assert not works(new, now + timedelta(hours=27))
    with reading() as session:
        assert requests.asked_by(session, new, Wish.ERASURE, now=now) is None
        (first, second) = sorted(deciding.list_requests(session, ADMIN, now=now + timedelta(3)),
                                 key=lambda one: one.id)  # fmt: skip
    assert (first.state, second.state) == (S.LAPSED, S.LAPSED)
    assert second.due_at - second.asked_at == timedelta(days=30)


def test_an_erasure_that_cannot_be_now_leaves_the_link_as_it_was(
    client: TestClient, sara: Contact
) -> None:
    path = link_of(client, sara, Wish.ERASURE)
    with transaction() as session:
        session.exec(select(Message)).one().status = MessageStatus.SENDING
    answer = client.post(path)
    assert (answer.status_code, requests_now()) == (409, [(Wish.ERASURE, S.ASKED)])
    assert "again in a few minutes" in answer.text
    with transaction() as session:
        session.exec(select(Message)).one().status = MessageStatus.SENT
    assert client.post(path).status_code == 200
    assert requests_now() == [(Wish.ERASURE, S.DONE)]


@pytest.fixture
def waiting(client: TestClient, sara: Contact) -> PrivacyRequest:
    """Sara's wish to be erased, which waits for a colleague."""
    with transaction() as session:
        held = policy.in_force(session)
        given = replace(held, erasure_waits=True)
        policy.set_house_rules(session, ADMIN, given=given, now=clock.now())
    answer = client.post(link_of(client, sara, Wish.ERASURE))
    assert "A colleague looks" in answer.text
    with reading() as session:
        assert session.get_one(Contact, sara.id).erased_at is None
        return session.exec(select(PrivacyRequest)).one()


@pytest.mark.spec("U12", "S82")
def test_an_erasure_waits_for_a_colleague_where_the_house_says_so(
    waiting: PrivacyRequest, sara: Contact, now: datetime
) -> None:
    with transaction() as session:
        (line,) = deciding.list_requests(session, ADMIN, now=clock.now())
        assert (line.state, line.person, line.name) == (S.WAITING, sara.public_id, "Sara Ahmadi")
        deciding.approve(session, ADMIN, request_id=waiting.id, now=now)
    with reading() as session:
        assert session.get_one(Contact, sara.id).status is ContactStatus.ERASED
        (line,) = deciding.list_requests(session, ADMIN, now=clock.now())
        assert (line.state, line.person, line.by_name) == (S.DONE, "", "Admin")


def test_a_request_that_is_declined_is_answered_with_the_reason(
    waiting: PrivacyRequest, sara: Contact, now: datetime
) -> None:
    with transaction() as session, pytest.raises(Invalid, match=r"privacy\.reason"):
        deciding.decline(session, ADMIN, request_id=waiting.id, reason=" ", now=now)
    with transaction() as session:
        deciding.decline(session, ADMIN, request_id=waiting.id, reason="An open invoice", now=now)
    assert "An open invoice" in written(newest_mail())
    with transaction() as session:
        with pytest.raises(NotFound, match=r"privacy\.request_missing"):
            deciding.approve(session, ADMIN, request_id=waiting.id, now=now)
        assert session.get_one(Contact, sara.id).erased_at is None


def test_who_may_not_erase_decides_nothing(waiting: PrivacyRequest, now: datetime) -> None:
    with transaction() as session:
        seller = actor_of(session, make_user(session, "s", Role.SELLER, DepartmentKind.SALES))
        with pytest.raises(Forbidden):
            deciding.approve(session, seller, request_id=waiting.id, now=now)


def test_a_colleague_s_erasure_always_waits(sara: Contact) -> None:
    with transaction() as session:
        person = session.get_one(Contact, sara.id)
        assert not requests.waits(session, person)
        person.kind = ContactKind.EMPLOYEE
        assert requests.waits(session, person)


@pytest.mark.parametrize("code", ["fa", "ar", "en"])
def test_every_page_is_there_in_every_language(
    client: TestClient, sara: Contact, code: str
) -> None:
    paths = [f"/p/ask/{token(sara)}", *(link_of(client, sara, wish) for wish in Wish)]
    for path in paths:
        page = client.get(f"{path}?lang={code}").text
        assert f'lang="{code}"' in page
        assert ">public." not in page
