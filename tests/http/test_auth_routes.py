"""The sign-in pages: what they say, what they set, and what they never do."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pyotp
import pytest
import time_machine
from sqlmodel import select

from core import clock, signing
from core.access.terms import SYSTEM
from core.accounts import links, passwords, queries, second_factor, sessions
from core.accounts.models import LoginSession, Membership, User
from core.accounts.terms import LinkPurpose
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.i18n.catalog import codes
from core.i18n.terms import Language
from core.messages.models import Message
from core.settings import settings
from tests.support.cast import make_organisation
from tests.support.door import PASSWORD, SITE, Browser, Staff, hash_of, make_link, make_staff

OTHER = "lantern walnut drizzle sofa"
_VARYING = re.compile(r'(?:name="csrf" value|name="next" value)="[^"]*"')
PAGES = ("/auth/login", "/auth/forgot", "/auth/password/none", "/auth/setup/none", "/auth/nothing")


@pytest.fixture
def staff(store: str) -> Staff:
    return make_staff()


def same(answer: object) -> str:
    """The page without what differs by design: the form's value and the way back."""
    return _VARYING.sub("", answer.text)  # type: ignore[attr-defined]


def link_in(message: Message) -> str:
    """The link in a mail, as it is when the mail is written."""
    found = message.values["links"]
    assert isinstance(found, dict)
    return links.opened(str(found["password"]), contact_id=message.contact_id)


def turn_on_code(user: User) -> pyotp.TOTP:
    with transaction() as session:
        actor = sessions.actor_of(session, user)
        offer = second_factor.start_totp(session, actor, now=clock.now())
        totp = pyotp.TOTP(offer.secret)
        code = totp.at(clock.now())
        second_factor.confirm_totp(session, actor, sealed=offer.sealed, code=code, now=clock.now())
    return totp


@pytest.mark.spec("T30")
def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(staff: Staff) -> None:
    browser = Browser()
    answer = browser.sign_in("nasrin", next="/stock?page=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/stock?page=2"
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert not any(flag.startswith("domain") for flag in flags)
    assert "secure" not in flags, "this installation is reached by plain http"
    assert browser.is_in()
    with reading() as session:
        assert browser.secret not in str(session.exec(select(LoginSession)).one().model_dump())


@pytest.mark.spec("T30")
def test_under_https_the_cookies_are_bound_to_this_host(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAPAR_BASE_URL", "https://hub.example")
    settings.cache_clear()
    make_staff()
    browser = Browser(base="https://hub.example")
    answer = browser.sign_in("nasrin")
    set_cookies = answer.headers.get_list("set-cookie")
    session_cookie = next(c for c in set_cookies if c.startswith("__Host-chapar_session="))
    assert "Secure" in session_cookie
    assert "Path=/" in session_cookie
    form_cookies = browser.get("/auth/forgot").headers.get_list("set-cookie")
    csrf_cookie = next(c for c in form_cookies if c.startswith("__Host-chapar_csrf="))
    assert "SameSite=strict" in csrf_cookie
    assert browser.is_in()


@pytest.mark.spec("T30")
def test_a_planted_cookie_is_never_adopted(staff: Staff) -> None:
    victim, planted = Browser(), signing.new_secret()
    victim.client.cookies.set("chapar_session", planted)
    assert victim.get("/").status_code == 303
    victim.client.cookies.clear()
    attacker = Browser()
    attacker.sign_in("davud")
    victim.client.cookies.set("chapar_session", attacker.secret, domain="localhost.local")
    before = attacker.secret
    given = {"login": "nasrin", "password": PASSWORD}
    assert victim.post("/auth/login", given, form="/auth/forgot").status_code == 303
    assert victim.secret not in {planted, before}
    assert not attacker.is_in(), "the visit that was planted ended with the signing in"


@pytest.mark.spec("T28")
def test_a_wrong_password_and_an_unknown_name_get_the_same_page(staff: Staff) -> None:
    pages = []
    for number, name in enumerate(["nasrin", "nobody", "davud", "x@y.example"]):
        answer = Browser(ip=f"10.0.0.{number}").sign_in(name, "wrong password given")
        assert answer.status_code == 401
        pages.append(same(answer).replace(name, "NAME"))
    assert len(set(pages)) == 1
    assert "NAME" in pages[0]


@pytest.mark.spec("T27")
def test_no_trick_with_the_fields_signs_anybody_in(staff: Staff) -> None:
    tricks: list[dict[str, str]] = [
        {"login": "nasrin", "password": "0e123"},
        {"login": "nasrin", "password": "null"},
        {"login": "nasrin", "password": ""},
        {"login": "nasrin"},
        {},
        {"login": "nasrin", "password[]": PASSWORD},
        {"login[]": "nasrin", "password": PASSWORD},
        {"login": "nasrin' OR '1'='1", "password": PASSWORD},
        {"login": "nasrin\x00", "password": PASSWORD},
        {"login": "nasrin", "password": PASSWORD + "\x00"},
        {"login": "nasrin", "password": PASSWORD[:-1]},
    ]
    for number, fields in enumerate(tricks):
        browser = Browser(ip=f"10.0.1.{number}")
        answer = browser.post("/auth/login", fields)
        assert answer.status_code == 401, fields
        assert not browser.is_in()


@pytest.mark.spec("T27")
def test_a_file_or_a_thousand_fields_instead_of_a_form_is_refused(staff: Staff) -> None:
    browser = Browser()
    browser.get("/auth/login")
    headers = {"Origin": SITE}
    file = browser.client.post("/auth/login", files={"password": b"x"}, headers=headers)
    many = {f"f{number}": "x" for number in range(1000)}
    assert file.status_code in {400, 403}
    assert browser.client.post("/auth/login", data=many, headers=headers).status_code in {400, 403}


@pytest.mark.spec("T33")
def test_fields_nobody_asked_for_change_nothing(staff: Staff) -> None:
    browser = Browser()
    extra = {"role": "administrator", "user_id": "1", "is_admin": "1", "kind": "staff", "id": "1"}
    browser.sign_in("davud", **extra)
    link = make_link(LinkPurpose.INVITATION, staff.clerk)
    fields = {"password": OTHER, "again": OTHER, "login": "nasrin", **extra}
    assert Browser().post(link, fields).status_code == 303
    with reading() as session:
        roles = session.exec(
            select(Membership.role).where(Membership.user_id == staff.clerk.id)
        ).all()
        assert roles == ["operator"]
        user = session.get(User, staff.clerk.id)
        assert user is not None
        assert user.login == "davud"
        assert passwords.matches(user.password_hash, OTHER)
        boss = session.get(User, staff.admin.id)
        assert boss is not None
        assert passwords.matches(boss.password_hash, PASSWORD)


@pytest.mark.spec("T29")
def test_who_guesses_is_told_how_long_to_wait(staff: Staff) -> None:
    browser = Browser()
    for _ in range(3):
        assert browser.sign_in("nasrin", "guess").status_code == 401
    answer = browser.sign_in("nasrin", PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) in {1, 2}
    assert Browser(ip="192.0.2.44").sign_in("nasrin").status_code == 303
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        assert browser.sign_in("nasrin", PASSWORD).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(staff: Staff, wanted: str) -> None:
    browser = Browser()
    assert browser.sign_in("nasrin", next=wanted).headers["location"] == "/"
    again = browser.get(f"/auth/login?next={wanted}")
    assert again.headers["location"] == "/"


@pytest.mark.spec("U60")
def test_with_a_second_factor_the_pages_stay_shut_until_the_code(staff: Staff) -> None:
    totp, browser = turn_on_code(staff.admin), Browser()
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        answer = browser.sign_in("nasrin", next="/stock")
        assert answer.headers["location"] == "/auth/second-factor?next=/stock"
        shut = browser.get("/stock")
        assert shut.headers["location"] == "/auth/second-factor?next=/stock"
        assert browser.get("/media/x").status_code == 401
        form = "/auth/second-factor?next=/stock"
        code = totp.at(clock.now())
        wrong = f"{(int(code) + 1) % 10**6:06}"
        assert browser.post("/auth/second-factor", {"code": wrong}, form=form).status_code == 401
        half = browser.secret
        done = browser.post("/auth/second-factor", {"code": code, "next": "/stock"}, form=form)
        assert done.headers["location"] == "/stock"
        assert browser.secret != half
        assert browser.is_in()
        assert Browser().get("/auth/second-factor").headers["location"] == "/auth/login"


@pytest.mark.spec("T26")
def test_a_new_password_signs_nobody_in_and_the_code_is_still_asked_for(staff: Staff) -> None:
    totp, browser = turn_on_code(staff.admin), Browser()
    link = make_link(LinkPurpose.PASSWORD, staff.admin)
    answer = browser.post(link, {"password": OTHER, "again": OTHER})
    assert answer.headers["location"] == "/auth/login?done=password_changed"
    assert not browser.secret
    assert not browser.is_in()
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        signed = browser.sign_in("nasrin", OTHER)
        assert signed.headers["location"].startswith("/auth/second-factor")
        assert not browser.is_in()
        browser.post("/auth/second-factor", {"code": totp.at(clock.now())})
        assert browser.is_in()


@pytest.mark.spec("T25")
def test_a_password_changed_in_one_browser_signs_the_other_out_at_once(staff: Staff) -> None:
    here, there = Browser(), Browser(ip="192.0.2.8")
    here.sign_in("nasrin")
    there.sign_in("nasrin")
    with transaction() as session:
        visit = sessions.resolve_session(session, session_hash=hash_of(here), now=clock.now())
        assert visit is not None
        assert visit.actor is not None
        attempt = passwords.knock_again(session, visit.actor, now=clock.now())
        passwords.change_own_password(
            session, visit.actor, attempt=attempt, current=PASSWORD, password=OTHER,
            now=clock.now(),
        )  # fmt: skip
    assert here.is_in()
    assert not there.is_in()


def _used(staff: Staff) -> str:
    link = make_link(LinkPurpose.PASSWORD, staff.admin)
    Browser().post(link, {"password": OTHER, "again": OTHER})
    return link


def _foreign(staff: Staff) -> str:
    with transaction() as session:
        user = session.get(User, staff.clerk.id)
        assert user is not None
        user.is_active = False
        session.add(user)
    return make_link(LinkPurpose.PASSWORD, staff.clerk)


def _of_another_kind(staff: Staff) -> str:
    return make_link(LinkPurpose.INVITATION, staff.admin).replace("invitation", "password")


def _made_up(_staff: Staff) -> str:
    return f"/auth/password/{signing.new_secret()}"


def _expired(staff: Staff) -> str:
    with time_machine.travel(clock.now() - timedelta(minutes=31)):
        return make_link(LinkPurpose.PASSWORD, staff.admin)


BROKEN: tuple[Callable[[Staff], str], ...] = (
    _made_up, _expired, _of_another_kind, _used, _foreign,
)  # fmt: skip


@pytest.mark.spec("T27")
def test_a_link_that_does_not_work_shows_the_same_page_whatever_is_wrong(staff: Staff) -> None:
    pages = set()
    for make in BROKEN:
        link, browser = make(staff), Browser()
        for answer in (
            browser.get(link),
            browser.post(link, {"password": OTHER, "again": OTHER}, form="/auth/login"),
        ):
            assert answer.status_code == 410, make.__name__
            pages.add(same(answer).replace(link, ""))
    assert len(pages) == 1


def test_looking_at_a_link_uses_nothing_up(staff: Staff) -> None:
    link, browser = make_link(LinkPurpose.INVITATION, staff.clerk), Browser()
    for _ in range(20):
        assert browser.get(link).status_code == 200
        assert browser.client.head(link).status_code == 200
    answer = browser.post(link, {"password": OTHER, "again": OTHER})
    assert answer.status_code == 303
    assert browser.get(link).status_code == 410


def test_a_refused_password_is_explained_at_the_field_and_the_link_stays(staff: Staff) -> None:
    link, browser = make_link(LinkPurpose.PASSWORD, staff.clerk), Browser()
    for password, again in (("short", "short"), (OTHER, "else"), ("davud 1405 abcd",) * 2):
        answer = browser.post(link, {"password": password, "again": again})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert password not in answer.text
    assert browser.post(link, {"password": OTHER, "again": OTHER}).status_code == 303


@pytest.mark.spec("T35")
def test_the_mail_with_a_new_password_leads_to_the_configured_host(staff: Staff) -> None:
    browser = Browser()
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example",
              "X-Host": "evil.example", "X-Forwarded-Proto": "https"}  # fmt: skip
    answer = browser.post("/auth/forgot", {"login": "nasrin"}, headers=forged)
    assert answer.status_code == 200
    poisoned = browser.post("/auth/forgot", {"login": "davud"}, headers={"Host": "evil.example"})
    assert poisoned.status_code == 400
    with reading() as session:
        message = session.exec(select(Message)).one()
        assert message.contact_id == staff.admin.contact_id
        address = link_in(message)
        assert address.startswith(f"{SITE}/auth/password/")
        assert "evil" not in f"{address}{message.values}"


@pytest.mark.spec("T28")
def test_asking_for_a_link_answers_the_same_for_everybody(staff: Staff) -> None:
    answers = [
        Browser(ip=f"10.0.2.{number}").post("/auth/forgot", {"login": name})
        for number, name in enumerate(["nasrin", "nobody", "davud@example.com", "", "x" * 5000])
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({same(answer) for answer in answers}) == 1
    assert len({len(same(answer)) for answer in answers}) == 1


def test_signing_out_ends_the_visit_and_a_strange_link_only_asks(staff: Staff) -> None:
    browser = Browser()
    browser.sign_in("nasrin")
    for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert browser.get("/auth/logout", headers=foreign).status_code == 200
        assert browser.is_in()
    ours = browser.get("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert ours.headers["location"] == "/auth/login?done=signed_out"
    assert not browser.secret
    assert not browser.is_in()
    browser.sign_in("nasrin")
    kept = browser.secret
    browser.post("/auth/logout")
    browser.client.cookies.set("chapar_session", kept, domain="localhost.local")
    assert not browser.is_in(), "the visit ended, not only the cookie"
    assert browser.get("/auth/logout").headers["location"] == "/auth/login"


@pytest.mark.spec("T66")
def test_a_fresh_installation_says_how_to_begin_and_lets_the_link_in_once(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
    browser = Browser()
    assert "chapar admin link" in browser.get("/auth/login").text
    for name, password in (("admin", "admin"), ("admin", "password"), ("admin", "")):
        assert browser.sign_in(name, password).status_code == 401
    link = make_link(LinkPurpose.SETUP, None)
    assert browser.get(link).status_code == 200
    assert not browser.is_in(), "looking opens nothing"
    assert browser.post(link).headers["location"] == "/"
    assert browser.is_in()
    assert Browser().post(link, form="/auth/login").status_code == 410
    with time_machine.travel(clock.now() - timedelta(minutes=31)):
        old = make_link(LinkPurpose.SETUP, None)
    assert Browser().get(old).status_code == 410


@pytest.mark.spec("T66")
def test_with_an_administrator_no_set_up_link_works_any_more(staff: Staff) -> None:
    link = make_link(LinkPurpose.SETUP, None)
    assert Browser().get(link).status_code == 410
    assert "chapar admin link" not in Browser().get("/auth/login").text


@pytest.mark.parametrize("language", Language)
def test_every_page_speaks_the_language_chosen_in_its_direction(
    staff: Staff, language: Language
) -> None:
    browser = Browser()
    chosen = browser.post(f"/auth/language/{language.value}", {"next": "/auth/forgot"})
    assert chosen.headers["location"] == "/auth/forgot"
    known = codes(language)
    for path in PAGES:
        html = browser.get(path).text
        assert f'<html lang="{language.value}" dir="{language.direction}">' in html
        assert "<script" not in html
        assert not [code for code in known if f">{code}<" in html]
        for other in Language:
            assert other.own_name in html


def test_the_language_of_the_account_goes_before_that_of_the_browser(staff: Staff) -> None:
    browser = Browser()
    browser.client.cookies.set("chapar_lang", "ar")
    browser.sign_in("nasrin")
    html = browser.get("/auth/logout").text
    assert '<html lang="fa"' in html
    browser.post("/auth/language/en", {"next": "/stock"}, form="/auth/forgot")
    assert '<html lang="en"' in browser.get("/auth/logout").text
    with reading() as session:
        user = queries.user_named(session, "nasrin")
        assert user is not None
        assert user.language is Language.EN
    assert browser.post("/auth/language/xx", form="/auth/forgot").status_code == 404


@pytest.mark.parametrize("wanted", ["//evil.example", "https://e.example", "/auth/login?next=//e"])
def test_choosing_a_language_never_leads_elsewhere(staff: Staff, wanted: str) -> None:
    answer = Browser().post("/auth/language/en", {"next": wanted})
    assert answer.headers["location"] == "/"


def test_what_was_typed_cannot_become_markup(staff: Staff) -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    html = Browser().sign_in(nasty, "x").text
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.spec("T41")
@pytest.mark.parametrize("path", ["/crash", "/t/crash"])
def test_a_defect_shows_a_reference_and_nothing_else(
    staff: Staff, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    browser = Browser()
    browser.sign_in("nasrin")
    with caplog.at_level(logging.ERROR):
        page = browser.get(path)
        plain = browser.client.get(path, headers={"Accept": "application/json"})
    for answer in (page, plain):
        assert answer.status_code == 500
        for inside in ("SELECT", "secret", "/srv", "core/db.py", "Traceback", "RuntimeError"):
            assert inside not in answer.text
    found = re.search(r"<code[^>]*>([0-9a-f]{8})</code>", page.text)
    assert found is not None
    assert found.group(1) in caplog.text
    assert page.headers["content-security-policy"]


@pytest.mark.spec("T41")
def test_what_is_not_there_is_said_in_words(staff: Staff) -> None:
    browser = Browser()
    browser.sign_in("nasrin")
    answer = browser.get("/no/such/thing")
    assert answer.status_code == 404
    assert "<h1>" in answer.text
    assert browser.client.post("/stock", headers={"Origin": SITE}).status_code == 405


def captured(subject: str, html: str, text: str = "text") -> int:
    letter = EmailMessage()
    letter["Subject"] = subject
    letter.set_content(text)
    letter.add_alternative(html, subtype="html")
    with transaction() as session:
        row = CapturedMail(
            received_at=clock.now(), envelope_from="a@example.com", recipient="b@example.com",
            raw=letter.as_bytes(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_a_captured_mail_is_shown_where_it_can_do_nothing(staff: Staff) -> None:
    number = captured("سلام", "<p>سلام <script>alert(1)</script></p>")
    path = f"/preview/captured/{number}"
    assert Browser().get(path).status_code == 401
    browser = Browser()
    browser.sign_in("davud")
    answer = browser.get(path)
    assert "سلام" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    missing = browser.get("/preview/captured/999999")
    assert missing.status_code == 404
    assert missing.headers["content-security-policy"].startswith("sandbox;")


def test_a_captured_mail_that_opens_an_account_is_for_administrators_only(staff: Staff) -> None:
    link = f"{SITE}/auth/password/{signing.new_secret()}"
    number = captured("Password", f'<a href="{link}">go</a>', text=link)
    clerk, admin = Browser(), Browser()
    clerk.sign_in("davud")
    admin.sign_in("nasrin")
    refused = clerk.get(f"/preview/captured/{number}")
    assert refused.status_code == 403
    assert link not in refused.text
    assert link in admin.get(f"/preview/captured/{number}").text


def test_readiness_says_whether_the_store_answers(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Browser().get("/healthz").text == "ok\n"
    assert Browser().get("/readyz").status_code == 200
    with transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'x'")
        session.connection().exec_driver_sql("DELETE FROM alembic_version")
    answer = Browser().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert SYSTEM.is_system
