"""From a mail that went out to the facts that come of its opens and clicks."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.errors import NotFound
from core.events.models import Event
from core.http import mail_hits
from core.messages import following
from core.messages.models import Message
from core.messages.terms import MessageClass
from core.messages.worker import Worker
from core.organisation.queries import organisation
from core.reactions import rules, service
from core.reactions.models import Reaction
from core.reactions.reading import reactions_to
from core.reactions.terms import Sign, Verdict
from tests.support.cast import administrator, make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread, send_to
from tests.support.stores import forget_process_state

HERE = "https://mail.example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
BODY = "[Shop](https://shop.example/a?x=1&y=2) [B](https://shop.example/b) [C](https://c.example/)"
TEXTS = {
    "en": {
        "subject": "News",
        "body": f"{BODY} [Call](tel:+9821) [Out]({{{{ links.unsubscribe }}}})",
    }
}


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        monkeypatch.setenv("CHAPAR_PUBLIC_URL", HERE)
        send_to(made, monkeypatch)
        forget_process_state()
        yield made


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def web() -> TestClient:
    mail_hits.of_mail._buckets.clear()
    made = TestClient(Starlette(routes=mail_hits.routes), base_url=HERE, follow_redirects=False)
    made.headers["User-Agent"] = FIREFOX
    return made


def house(session: Session) -> None:
    make_organisation(session)
    without_limits(session)


def mail_to(
    worker: Worker, inbox: Inbox, email: str = "sara@example.com",
    klass: MessageClass = MessageClass.PROMOTIONAL, kind: ContactKind = ContactKind.CUSTOMER,
) -> tuple[Message, str]:  # fmt: skip
    """Send somebody the newsletter; return the message and its HTML."""
    with transaction() as session:
        if session.exec(select(Contact).limit(1)).first() is None:
            house(session)
        person = make_contact(session, email, language="en", kind=kind)
        version = make_template(session, klass, name=email, texts=TEXTS)
        message = queue_one(session, person, version, key=email)
    drain_all(worker)
    html = inbox.messages[-1].parsed().get_body(("html",))
    assert html is not None
    return reread(message), html.get_content()


def links_in(html: str) -> list[str]:
    return [one.replace("&amp;", "&").removeprefix(HERE)
            for one in re.findall(r'href="([^"]+/t/c/[^"]+)"', html)]  # fmt: skip


def picture_in(html: str) -> str:
    found = re.search(r'src="([^"]+/t/o/[^"]+)"', html)
    assert found is not None
    return found[1].removeprefix(HERE)


def judge(after: timedelta = service.SETTLED_AFTER) -> None:
    with transaction() as session:
        service.judge_waiting(session, now=clock.now() + after)


def told() -> list[tuple[str, object]]:
    with reading() as session:
        found = session.exec(select(Event).where(Event.source == "mail").order_by(col(Event.id)))
        return sorted((one.name, one.properties.get("url", "")) for one in found)


def verdicts() -> list[tuple[Verdict | None, Sign | None]]:
    with reading() as session:
        found = session.exec(select(Reaction).order_by(col(Reaction.id)))
        return [(one.verdict, one.sign) for one in found]


@pytest.mark.spec("S113", "N21")
def test_an_open_and_a_click_of_a_person_become_facts_about_them(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    message, html = mail_to(worker, inbox)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        seen = web.get(picture_in(html))
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/gif")
        shop = web.get(links_in(html)[0])
        assert (shop.status_code, shop.headers["location"]) == (
            302, "https://shop.example/a?x=1&y=2")  # fmt: skip
        web.get(links_in(html)[0])
        assert told() == []
        judge()
    wanted = [("mail.clicked", "https://shop.example/a?x=1&y=2"), ("mail.opened", "")]
    assert told() == wanted
    with reading() as session:
        facts = session.exec(select(Event).where(Event.source == "mail")).all()
        assert {(one.contact_id, one.subject_id) for one in facts} == {
            (message.contact_id, message.id)}  # fmt: skip


@pytest.mark.spec("N21")
def test_what_asks_for_every_link_at_once_is_a_machine_and_leaves_no_fact(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    _, html = mail_to(worker, inbox)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        web.get(links_in(html)[0])
        judge()
        assert told() != []  # so far it looks like a person
        for link in links_in(html)[1:3]:
            web.get(link)
        judge()
    assert {sign for _, sign in verdicts()} == {Sign.MANY_LINKS}
    assert told() == []


def test_a_picture_loaded_by_a_proxy_counts_once_the_person_clicks(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    _, html = mail_to(worker, inbox)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False) as watch:
        web.get(picture_in(html), headers={"User-Agent": GMAIL})
        judge()
        assert (verdicts(), told()) == ([(Verdict.UNSURE, Sign.PICTURE_PROXY)], [])
        watch.shift(timedelta(hours=1))
        web.get(links_in(html)[1])
        judge()
    assert [name for name, _ in told()] == ["mail.clicked", "mail.opened"]


def test_a_network_that_reads_the_mail_of_many_in_a_minute_is_taken_for_a_machine(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    pages = [mail_to(worker, inbox, f"p{number}@example.com")[1]
             for number in range(rules.MANY_MAILS)]  # fmt: skip
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        for html in pages[:-1]:
            web.get(picture_in(html))
        judge()
        assert len(told()) == rules.MANY_MAILS - 1
        web.get(picture_in(pages[-1]))
        judge()
    assert {sign for _, sign in verdicts()} == {Sign.ONE_NETWORK}
    assert told() == []


def test_a_link_leads_only_where_its_own_mail_leads(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    _, html = mail_to(worker, inbox)
    link = links_in(html)[0]
    number = int(link.rpartition("/")[2])
    for wrong in (link.replace("/t/c/", "/t/c/A"), f"{link[:-len(str(number))]}{number + 1}",
                  f"/t/c/{link.split('/')[3]}/999"):  # fmt: skip
        answer = web.get(wrong)
        assert (answer.status_code, "location" in answer.headers) == (404, False)
    assert web.get("/t/o/AAAA.gif").status_code == 200
    assert verdicts() == []


def test_our_own_links_and_those_of_no_page_are_left_as_they_are(
    inbox: Inbox, worker: Worker
) -> None:
    _, html = mail_to(worker, inbox)
    assert len(links_in(html)) == 3 + 1  # and the one nobody sees
    assert 'href="tel:+9821"' in html
    assert f'href="{HERE}/u/' in html
    plain = inbox.messages[-1].parsed().get_body(("plain",))
    assert plain is not None
    assert "https://shop.example/a?x=1&y=2" in plain.get_content()


@pytest.mark.spec("U25")
@pytest.mark.parametrize("why", ["transactional", "staff", "switched off"])
def test_nobody_is_followed_where_it_is_not_wanted(inbox: Inbox, worker: Worker, why: str) -> None:
    with transaction() as session:
        house(session)
        organisation(session).follows_reactions = why != "switched off"
    kind = ContactKind.EMPLOYEE if why == "staff" else ContactKind.CUSTOMER
    klass = MessageClass.TRANSACTIONAL if why == "transactional" else MessageClass.RELATIONSHIP
    _, html = mail_to(worker, inbox, klass=klass, kind=kind)
    assert ("/t/c/" in html, "/t/o/" in html) == (False, False)


def test_where_a_reaction_came_from_is_forgotten_a_week_on(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    _, html = mail_to(worker, inbox)
    web.get(picture_in(html))
    for days, kept in ((6, True), (8, False)):
        with transaction() as session:
            service.forget_networks(session, now=clock.now() + timedelta(days=days))
        with reading() as session:
            assert bool(session.exec(select(Reaction.network)).one()) is kept


def test_a_verdict_stays_when_what_it_rested_on_is_forgotten(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    pages = [mail_to(worker, inbox, f"p{number}@example.com")[1]
             for number in range(rules.MANY_MAILS)]  # fmt: skip
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False) as watch:
        for html in pages:
            web.get(picture_in(html))
        judge()
        watch.shift(timedelta(days=8))
        with transaction() as session:
            service.forget_networks(session, now=clock.now())
        web.get(picture_in(pages[0]), headers={"User-Agent": "curl/8"})
        judge()
    assert [sign for _, sign in verdicts()] == [Sign.ONE_NETWORK] * len(pages) + [Sign.SCANNER]
    assert told() == []


def test_who_asks_for_one_mail_without_end_is_answered_and_fills_no_store(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    _, html = mail_to(worker, inbox)
    picture = picture_in(html)
    assert {web.get(picture).status_code for _ in range(100)} == {200}
    assert len(verdicts()) < 90


def test_a_kill_between_the_hit_and_its_judgement_loses_nothing(
    inbox: Inbox, worker: Worker, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, html = mail_to(worker, inbox)
    later = clock.now() + timedelta(minutes=5)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with time_machine.travel(later, tick=False):
        web.get(picture_in(html))
        with monkeypatch.context() as broken:
            broken.setattr(service, "_tell", killed)
            with pytest.raises(KeyboardInterrupt):
                judge()
        assert verdicts() == [(None, None)]
        judge()
    assert told() == [("mail.opened", "")]


def test_people_read_every_reaction_with_its_verdict_and_reason(
    inbox: Inbox, worker: Worker, web: TestClient
) -> None:
    message, html = mail_to(worker, inbox)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        web.get(links_in(html)[1])
        web.get(picture_in(html), headers={"User-Agent": "curl/8"})
        judge()
    with reading() as session:
        found = reactions_to(session, administrator(), public_id=message.public_id)
        assert [(one.url, one.verdict, one.sign) for one in found] == [
            ("https://shop.example/b", Verdict.HUMAN, Sign.NOTHING_ODD),
            ("", Verdict.MACHINE, Sign.SCANNER),
        ]
        with pytest.raises(NotFound):
            reactions_to(session, administrator(), public_id="msg_none")


def test_a_link_is_kept_once_however_often_it_is_sent(store: str) -> None:
    with transaction() as session:
        house(session)
    first = following.through(1, "https://shop.example/a")
    other = following.through(2, "https://shop.example/a")
    assert first != other
    assert first.rpartition("/")[2] == other.rpartition("/")[2]
