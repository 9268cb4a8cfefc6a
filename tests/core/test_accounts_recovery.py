"""Giving the password once more is slowed down like signing in; codes for a lost telephone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlmodel import Session, col, select

from core.access.terms import SYSTEM
from core.accounts import passwords, queries, recovery, second_factor, sessions
from core.accounts import service as accounts
from core.accounts.models import RecoveryCode, User
from core.accounts.rules import FREE_TRIES, RECOVERY_COUNT, recovery_code
from core.accounts.terms import SignIn
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Invalid, TooMany
from tests.support.cast import actor_of, make_user
from tests.support.signing_in import (
    GOOD,
    OTHER,
    Counting,
    change_password,
    counting,
    enter,
    give,
    registered,
    turn_off,
    turn_on,
)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    with counting(monkeypatch) as made:
        yield made


@pytest.fixture
def user(store: str, hasher: Counting, now: datetime) -> User:
    return registered(now)


def renew(user: User, *, now: datetime, password: str = GOOD) -> tuple[str, ...]:
    with transaction() as session:
        attempt = knock(session, user, now=now)
    with transaction() as session:
        actor = sessions.actor_of(session, user)
        return recovery.renew_codes(session, actor, attempt=attempt, password=password, now=now)


def knock(session: Session, user: User, *, now: datetime) -> passwords.Knock:
    return passwords.knock_again(session, sessions.actor_of(session, user), now=now)


def acts(session: Session, action: str) -> list[AuditEntry]:
    return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)))


def test_guessing_my_present_password_is_slowed_down_like_signing_in(
    user: User, hasher: Counting, now: datetime
) -> None:
    with reading() as session:
        actor = actor_of(session, user)
    hasher.compared = 0
    for _ in range(FREE_TRIES):
        with pytest.raises(Invalid):
            change_password(actor, current="wrong", password=OTHER, now=now)
    for password in ("wrong", GOOD):
        with pytest.raises(TooMany) as refusal:
            change_password(actor, current=password, password=OTHER, now=now)
        assert refusal.value.code == "auth.wait"
        assert refusal.value.field == "current"
    assert hasher.compared == FREE_TRIES, "who has to wait is not looked at"
    with pytest.raises(TooMany):
        turn_off(user, password=GOOD, now=now)
    change_password(actor, current=GOOD, password=OTHER, now=now + timedelta(seconds=3))
    change_password(actor, current=OTHER, password=GOOD, now=now + timedelta(seconds=3))


def test_an_attempt_of_somebody_else_proves_nothing(user: User, now: datetime) -> None:
    with transaction() as session:
        other = make_user(session, "davud")
        foreign = knock(session, other, now=now)
    with pytest.raises(Invalid), transaction() as session:
        passwords.change_own_password(
            session, actor_of(session, user), attempt=foreign, current=GOOD, password=OTHER, now=now
        )


@pytest.mark.spec("U60")
def test_ten_codes_come_with_the_second_factor_and_are_kept_as_hashes(
    user: User, now: datetime
) -> None:
    codes = turn_on(user, now=now).codes
    assert len(set(codes)) == len(codes) == RECOVERY_COUNT
    assert {len(code) for code in codes} == {19}
    with reading() as session:
        kept = session.exec(select(RecoveryCode)).all()
        assert len(kept) == RECOVERY_COUNT
        said = " ".join(str(row.model_dump()) for row in kept)
        assert not any(code in said or recovery_code(code) in said for code in codes)
        assert recovery.count_codes(session, actor_of(session, user)) == RECOVERY_COUNT


@pytest.mark.spec("U60")
def test_a_recovery_code_opens_one_visit_however_it_is_typed(user: User, now: datetime) -> None:
    codes = turn_on(user, now=now).codes
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    first = give(enter("nasrin", GOOD, now=now).opened, typed, now=now)
    assert first.outcome is SignIn.OPENED
    again = give(enter("nasrin", GOOD, now=now).opened, codes[0], now=now)
    assert again.outcome is SignIn.WRONG
    other = give(enter("nasrin", GOOD, now=now).opened, codes[1], now=now)
    assert other.outcome is SignIn.OPENED
    with reading() as session:
        counts = [entry.after for entry in acts(session, "second_factor.recovered")]
        assert counts == [{"code_count": 9}, {"code_count": 8}]


def test_a_code_of_somebody_else_opens_nothing(user: User, now: datetime) -> None:
    turn_on(user, now=now)
    with transaction() as session:
        other = make_user(session, "davud")
    foreign = turn_on(other, now=now).codes[0]
    entry = give(enter("nasrin", GOOD, now=now).opened, foreign, now=now)
    assert entry.outcome is SignIn.WRONG


def test_guessing_recovery_codes_has_to_wait_like_guessing_codes(user: User, now: datetime) -> None:
    codes = turn_on(user, now=now).codes
    opened = enter("nasrin", GOOD, now=now).opened
    for number in range(FREE_TRIES):
        guess = f"0000-0000-0000-000{number}"
        assert give(opened, guess, now=now).outcome is SignIn.WRONG
    assert give(opened, codes[0], now=now).outcome is SignIn.WAIT


@pytest.mark.spec("U60")
def test_new_codes_make_the_old_ones_worthless_and_cost_the_password(
    user: User, now: datetime
) -> None:
    old = turn_on(user, now=now).codes
    with pytest.raises(Invalid):
        renew(user, password="wrong", now=now)
    new = renew(user, now=now)
    assert not set(old) & set(new)
    wrong = give(enter("nasrin", GOOD, now=now).opened, old[0], now=now)
    assert wrong.outcome is SignIn.WRONG
    right = give(enter("nasrin", GOOD, now=now).opened, new[0], now=now)
    assert right.outcome is SignIn.OPENED
    with reading() as session:
        assert len(acts(session, "second_factor.codes_renewed")) == 1


def test_the_authenticator_goes_on_working_beside_the_codes(user: User, now: datetime) -> None:
    turned, later = turn_on(user, now=now), now + timedelta(minutes=2)
    code = pyotp.TOTP(turned.secret).at(later)
    entry = give(enter("nasrin", GOOD, now=later).opened, code, now=later)
    assert entry.outcome is SignIn.OPENED
    with reading() as session:
        assert queries.code_count(session, user.id) == RECOVERY_COUNT


@pytest.mark.parametrize("how", ["turned off", "reset", "left"])
def test_without_a_second_factor_there_are_no_codes(user: User, now: datetime, how: str) -> None:
    with transaction() as session:
        other = make_user(session, "davud")
        passwords.set_password(session, SYSTEM, user_id=other.id, password=GOOD, now=now)
    turn_on(other, now=now)
    if how == "turned off":
        turn_off(other, password=GOOD, now=now)
    with transaction() as session:
        if how == "reset":
            second_factor.reset_totp(session, SYSTEM, user_id=other.id, now=now)
        if how == "left":
            accounts.deactivate(session, SYSTEM, user_id=other.id, now=now)
        assert session.exec(select(col(RecoveryCode.id))).all() == []
    if how == "turned off":
        with pytest.raises(Conflict):
            renew(other, now=now)
