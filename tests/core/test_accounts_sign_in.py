"""Signing in: constant work, throttling, second factor, and what a changed password ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlmodel import Session, select

from core import signing
from core.access.terms import SYSTEM, Role
from core.accounts import passwords, queries, second_factor, sessions, sign_in
from core.accounts.models import LoginAttempt, LoginSession, User
from core.accounts.rules import FREE_TRIES, IDLE_LIMIT, TOUCH_EVERY, VISIT_LIMIT
from core.accounts.sessions import Place
from core.accounts.sign_in import Entry
from core.accounts.terms import SessionKind, SignIn
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from tests.support.cast import make_user
from tests.support.signing_in import (
    AWAY,
    GOOD,
    HOME,
    OTHER,
    Counting,
    change_password,
    counting,
    enter,
    give,
    registered,
    turn_off,
    turn_on,
    visit_of,
)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    with counting(monkeypatch) as made:
        yield made


@pytest.fixture
def user(store: str, hasher: Counting, now: datetime) -> User:
    return registered(now)


def test_the_right_password_opens_a_visit_with_the_roles_held_now(
    user: User, now: datetime
) -> None:
    entry = enter(" NASRIN ", GOOD, now=now)
    assert entry.outcome is SignIn.OPENED
    visit = visit_of(entry.opened, now=now)
    assert visit is not None
    assert visit.actor is not None
    assert (visit.actor.id, visit.actor.name) == (user.id, user.name)
    assert [grant.role for grant in visit.actor.grants] == [Role.ADMINISTRATOR]
    assert visit.actor.ip == HOME.ip
    assert visit.actor.session_hash == visit.hash


@pytest.mark.spec("T28")
def test_whoever_is_named_a_wrong_password_costs_one_comparison_and_the_same_rows(
    user: User, hasher: Counting, now: datetime
) -> None:
    """Equal time is proved by equal work: what costs time is the hash, and it is counted.

    A clock on a shared machine would measure its neighbours instead.
    """
    names = (
        "nasrin",
        "nobody",
        "",
        "secret typed here" * 300,
        "nasrin'--",
        "ن" * 300,
        "\x00",
        "\ud800",
    )
    for count, login in enumerate(names, start=1):
        assert enter(login, "wrong", now=now) == Entry(SignIn.WRONG)
        assert hasher.compared == count
        with reading() as session:
            assert len(session.exec(select(LoginAttempt)).all()) == count
            refused = select(AuditEntry).where(AuditEntry.action == "session.refused")
            rows = session.exec(refused).all()
            assert len(rows) == count
            assert "secret typed" not in "".join(str(row.model_dump()) for row in rows)


def test_an_account_without_a_password_or_closed_is_like_an_unknown_one(
    user: User, hasher: Counting, now: datetime
) -> None:
    with transaction() as session:
        make_user(session, "invited")
        gone = make_user(session, "gone")
        passwords.set_password(session, SYSTEM, user_id=gone.id, password=GOOD, now=now)
        gone.is_active = False
        session.add(gone)
    for login in ("invited", "gone"):
        assert enter(login, GOOD, now=now) == Entry(SignIn.WRONG)
    assert hasher.compared == 2


@pytest.mark.spec("T27")
def test_a_password_of_a_megabyte_is_never_right_and_never_hashed_whole(
    user: User, now: datetime
) -> None:
    assert enter("nasrin", "x" * 2**20, now=now) == Entry(SignIn.WRONG)


@pytest.mark.spec("T29")
def test_guessing_from_one_address_is_slowed_before_the_hash_and_spares_everybody_else(
    user: User, hasher: Counting, now: datetime
) -> None:
    for second in range(300):
        enter("nasrin", f"guess {second}", now=now + timedelta(seconds=second), place=AWAY)
    later = now + timedelta(seconds=300)
    assert FREE_TRIES < hasher.compared <= 30
    assert enter("nasrin", GOOD, now=later, place=AWAY).outcome is SignIn.WAIT
    assert enter("nasrin", GOOD, now=later, place=HOME).outcome is SignIn.OPENED


@pytest.mark.spec("T29")
def test_guessing_from_many_addresses_is_capped_and_spares_the_usual_place(
    user: User, hasher: Counting, now: datetime
) -> None:
    assert enter("nasrin", GOOD, now=now, place=HOME).outcome is SignIn.OPENED
    before = hasher.compared
    for number in range(60):
        enter("nasrin", "guess", now=now, place=Place(f"10.0.0.{number}"))
    assert hasher.compared - before <= 30
    assert enter("nasrin", GOOD, now=now, place=Place("10.9.9.9")).outcome is SignIn.WAIT
    assert enter("nasrin", GOOD, now=now, place=HOME).outcome is SignIn.OPENED


def test_a_success_forgives_the_slips_before_it(user: User, now: datetime) -> None:
    for _ in range(FREE_TRIES - 1):
        enter("nasrin", "slip", now=now)
    assert enter("nasrin", GOOD, now=now).outcome is SignIn.OPENED
    with reading() as session:
        assert session.exec(select(LoginAttempt)).all() == []


@pytest.mark.spec("T30")
def test_signing_in_makes_a_new_secret_and_ends_the_visit_the_browser_came_with(
    user: User, now: datetime
) -> None:
    first = enter("nasrin", GOOD, now=now).opened
    assert first is not None
    second = enter("nasrin", GOOD, now=now, old=signing.digest(first.secret)).opened
    assert second is not None
    assert second.secret != first.secret
    assert visit_of(first, now=now) is None
    assert visit_of(second, now=now) is not None


@pytest.mark.spec("T30")
@pytest.mark.parametrize(
    ("idle", "holds"),
    [(timedelta(), True), (IDLE_LIMIT - timedelta(seconds=1), True), (IDLE_LIMIT, False)],
)
def test_a_visit_ends_after_half_an_hour_without_use(
    user: User, now: datetime, idle: timedelta, holds: bool
) -> None:
    opened = enter("nasrin", GOOD, now=now).opened
    assert (visit_of(opened, now=now + idle) is not None) is holds


@pytest.mark.spec("T30")
def test_a_visit_in_use_ends_after_twelve_hours(user: User, now: datetime) -> None:
    opened = enter("nasrin", GOOD, now=now).opened
    assert opened is not None
    moment, digest = now, signing.digest(opened.secret)
    while visit_of(opened, now=moment) is not None:
        moment += timedelta(minutes=20)
        with transaction() as session:
            sessions.touch_session(session, SYSTEM, session_hash=digest, now=moment)
    assert VISIT_LIMIT <= moment - now <= VISIT_LIMIT + timedelta(minutes=20)


def test_use_is_noted_at_most_once_a_minute(user: User, now: datetime) -> None:
    opened = enter("nasrin", GOOD, now=now).opened
    assert opened is not None
    digest = signing.digest(opened.secret)
    noted = []
    for second in range(0, 181, 20):
        with transaction() as session:
            moment = now + timedelta(seconds=second)
            if sessions.touch_session(session, SYSTEM, session_hash=digest, now=moment):
                noted.append(second)
    assert len(noted) == 2
    assert noted[0] > TOUCH_EVERY.total_seconds()


@pytest.mark.spec("T25")
def test_changing_my_password_ends_my_other_visits_at_once_and_keeps_this_one(
    user: User, now: datetime
) -> None:
    here, there = enter("nasrin", GOOD, now=now).opened, enter("nasrin", GOOD, now=now).opened
    visit = visit_of(here, now=now)
    assert visit is not None
    assert visit.actor is not None
    change_password(visit.actor, current=GOOD, password=OTHER, now=now)
    assert visit_of(here, now=now) is not None
    assert visit_of(there, now=now) is None
    assert enter("nasrin", GOOD, now=now).outcome is SignIn.WRONG
    assert enter("nasrin", OTHER, now=now).outcome is SignIn.OPENED


def test_changing_my_password_asks_for_the_present_one_and_for_a_good_new_one(
    user: User, now: datetime
) -> None:
    visit = visit_of(enter("nasrin", GOOD, now=now).opened, now=now)
    assert visit is not None
    assert visit.actor is not None
    for current, password, code in (
        ("wrong", OTHER, "password.wrong"),
        (GOOD, "short", "password.too_short"),
        (GOOD, "nasrin likes tea", "password.own_word"),
    ):
        with pytest.raises(Invalid) as refusal:
            change_password(visit.actor, current=current, password=password, now=now)
        assert refusal.value.code == code
    assert enter("nasrin", GOOD, now=now).outcome is SignIn.OPENED


def test_a_password_changed_between_knock_and_entry_opens_nothing(
    user: User, now: datetime
) -> None:
    with transaction() as session:
        attempt = sign_in.knock(session, SYSTEM, login="nasrin", place=HOME, now=now)
    assert passwords.matches(attempt.password_hash, GOOD)
    with transaction() as session:
        passwords.set_password(session, SYSTEM, user_id=user.id, password=OTHER, now=now)
    with transaction() as session:
        entry = sign_in.let_in(session, SYSTEM, attempt=attempt, old_hash=None, now=now)
    assert entry == Entry(SignIn.WRONG)


@pytest.mark.spec("U60")
def test_with_a_second_factor_the_password_alone_is_good_for_nothing(
    user: User, now: datetime
) -> None:
    secret = turn_on(user, now=now).secret
    later = now + timedelta(minutes=2)
    entry = enter("nasrin", GOOD, now=later)
    assert entry.outcome is SignIn.SECOND_FACTOR
    half = visit_of(entry.opened, now=later)
    assert half is not None
    assert (half.actor, half.user, half.kind) == (None, None, SessionKind.SECOND_FACTOR)
    done = give(entry.opened, pyotp.TOTP(secret).at(later), now=later)
    assert done.outcome is SignIn.OPENED
    assert visit_of(done.opened, now=later) is not None
    assert visit_of(entry.opened, now=later) is None


@pytest.mark.spec("U60")
def test_a_code_works_once_and_codes_before_it_not_at_all(user: User, now: datetime) -> None:
    secret = turn_on(user, now=now).secret
    totp, later = pyotp.TOTP(secret), now + timedelta(minutes=5)
    first = give(enter("nasrin", GOOD, now=later).opened, totp.at(later), now=later)
    assert first.outcome is SignIn.OPENED
    for replayed in (totp.at(later), totp.at(later - timedelta(seconds=30))):
        again = give(enter("nasrin", GOOD, now=later).opened, replayed, now=later)
        assert again.outcome is SignIn.WRONG
    soon = later + timedelta(seconds=30)
    next_one = give(enter("nasrin", GOOD, now=soon).opened, totp.at(soon), now=soon)
    assert next_one.outcome is SignIn.OPENED


@pytest.mark.spec("U60")
@pytest.mark.parametrize("digits", ["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "0123456789"])
def test_codes_may_be_typed_in_the_digits_of_any_language(
    user: User, now: datetime, digits: str
) -> None:
    secret = turn_on(user, now=now).secret
    later = now + timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(later).translate(str.maketrans("0123456789", digits))
    entry = give(enter("nasrin", GOOD, now=later).opened, f" {code[:3]} {code[3:]}", now=later)
    assert entry.outcome is SignIn.OPENED


@pytest.mark.spec("U60")
def test_guessing_codes_is_slowed_like_guessing_passwords(user: User, now: datetime) -> None:
    turn_on(user, now=now)
    later = now + timedelta(minutes=5)
    opened = enter("nasrin", GOOD, now=later).opened
    outcomes = [give(opened, f"{n:06}", now=later).outcome for n in range(FREE_TRIES + 1)]
    assert outcomes[-1] is SignIn.WAIT
    assert set(outcomes[:-1]) == {SignIn.WRONG}


def test_the_half_open_visit_ends_after_five_minutes(user: User, now: datetime) -> None:
    secret = turn_on(user, now=now).secret
    opened = enter("nasrin", GOOD, now=now).opened
    later = now + timedelta(minutes=5)
    with pytest.raises(NotFound):
        give(opened, pyotp.TOTP(secret).at(later), now=later)


@pytest.mark.spec("U60")
def test_a_second_factor_is_kept_sealed_and_turned_on_only_by_a_code_that_works(
    user: User, now: datetime
) -> None:
    def offered(session: Session) -> second_factor.TotpOffer:
        return second_factor.start_totp(session, sessions.actor_of(session, user), now=now)

    with transaction() as session:
        offer, actor = offered(session), sessions.actor_of(session, user)
        assert "otpauth://totp/" in offer.address
        assert offer.picture().startswith("data:image/svg+xml")
        with pytest.raises(Invalid) as refusal:
            second_factor.confirm_totp(session, actor, sealed=offer.sealed, code="1", now=now)
        assert refusal.value.code == "second_factor.wrong"
        late = now + timedelta(minutes=11)
        code = pyotp.TOTP(offer.secret).at(late)
        with pytest.raises(Invalid) as refusal:
            second_factor.confirm_totp(session, actor, sealed=offer.sealed, code=code, now=late)
        assert refusal.value.code == "second_factor.offer_over"
    secret = turn_on(user, now=now).secret
    with reading() as session:
        kept = session.get(User, user.id)
        assert kept is not None
        assert kept.totp_sealed is not None
        assert secret not in kept.totp_sealed
        with pytest.raises(Conflict):
            offered(session)


@pytest.mark.spec("U60")
def test_turning_it_off_asks_for_the_password_and_an_administrator_can_help(
    user: User, now: datetime
) -> None:
    turn_on(user, now=now)
    with pytest.raises(Invalid):
        turn_off(user, password="wrong", now=now)
    turn_off(user, password=GOOD, now=now)
    assert enter("nasrin", GOOD, now=now).outcome is SignIn.OPENED
    turn_on(user, now=now)
    with transaction() as session:
        second_factor.reset_totp(session, SYSTEM, user_id=user.id, now=now)
    assert enter("nasrin", GOOD, now=now).outcome is SignIn.OPENED


def test_my_visits_can_be_listed_and_ended_but_nobody_elses(user: User, now: datetime) -> None:
    here = visit_of(enter("nasrin", GOOD, now=now).opened, now=now)
    there = enter("nasrin", GOOD, now=now, place=AWAY).opened
    with transaction() as session:
        other = make_user(session, "davud")
        passwords.set_password(session, SYSTEM, user_id=other.id, password=GOOD, now=now)
    foreign = visit_of(enter("davud", GOOD, now=now).opened, now=now)
    assert here is not None
    assert here.actor is not None
    assert foreign is not None
    with transaction() as session:
        mine = sessions.list_own_sessions(session, here.actor, now=now)
        assert {row.ip for row in mine} == {HOME.ip, AWAY.ip}
        with pytest.raises(NotFound):
            sessions.revoke_own_session(session, here.actor, session_id=foreign.session.id, now=now)
        assert sessions.revoke_other_sessions(session, here.actor, now=now) == 1
    assert visit_of(there, now=now) is None
    with transaction() as session:
        assert sessions.revoke_all(session, SYSTEM, user_id=other.id, now=now) == 1
        sessions.sign_out(session, SYSTEM, session_hash=here.hash, now=now)
        assert queries.open_visits(session, user.id, now=now) == []


def test_what_decides_nothing_any_more_is_cleared_away(user: User, now: datetime) -> None:
    enter("nasrin", "wrong", now=now)
    enter("nasrin", GOOD, now=now, place=AWAY)
    with transaction() as session:
        assert sessions.drop_old(session, SYSTEM, now=now + timedelta(days=2)) == 1
        assert sessions.drop_old(session, SYSTEM, now=now + timedelta(days=60)) == 1
        assert session.exec(select(LoginSession)).all() == []


@pytest.mark.spec("T29")
def test_forty_attempts_at_the_same_moment_are_counted_one_by_one(
    user: User, hasher: Counting, now: datetime
) -> None:
    with ThreadPoolExecutor(8) as crowd:
        attempts = [
            crowd.submit(enter, "nasrin", f"guess {n}", now=now, place=AWAY) for n in range(40)
        ]
    outcomes = [attempt.result().outcome for attempt in attempts]
    assert outcomes.count(SignIn.WRONG) == hasher.compared == FREE_TRIES
    assert outcomes.count(SignIn.WAIT) == 40 - FREE_TRIES
