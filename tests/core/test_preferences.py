"""How each person likes the interface: kept for them, for nobody else, and once."""

from datetime import datetime

import pytest
from sqlmodel import select

from core.access.terms import SYSTEM, Actor
from core.accounts import preferences
from core.accounts.models import UserPreference
from core.accounts.terms import Preferences
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from tests.support.cast import actor_of, make_organisation, make_user


@pytest.fixture
def people(store: str) -> tuple[Actor, Actor]:
    with transaction() as session:
        make_organisation(session)
        return tuple(actor_of(session, make_user(session, name)) for name in ("omid", "sara"))


def liked_by(actor: Actor) -> Preferences:
    with reading() as session:
        return preferences.own_preferences(session, actor)


def test_what_one_person_chose_is_theirs_alone(people: tuple[Actor, Actor], now: datetime) -> None:
    omid, sara = people
    with transaction() as session:
        preferences.note_seen(session, omid, page="stock", now=now)
        preferences.hide_columns(session, omid, table="stock", columns=("unit", "code"), now=now)
    assert liked_by(omid) == Preferences(
        frozenset({"stock"}), {"stock": frozenset({"code", "unit"})}
    )
    assert liked_by(sara) == Preferences()


def test_a_choice_is_kept_once_however_often_it_is_made(
    people: tuple[Actor, Actor], now: datetime
) -> None:
    omid, _ = people
    for columns in (("unit",), ("code", "unit"), ()):
        with transaction() as session:
            preferences.note_seen(session, omid, page="stock", now=now)
            preferences.hide_columns(session, omid, table="stock", columns=columns, now=now)
    assert liked_by(omid) == Preferences(frozenset({"stock"}))
    with reading() as session:
        assert len(session.exec(select(UserPreference)).all()) == 2


def test_nobody_in_particular_likes_it_as_it_comes_and_keeps_nothing(
    store: str, now: datetime
) -> None:
    assert liked_by(SYSTEM) == Preferences()
    with pytest.raises(NotFound), transaction() as session:
        preferences.note_seen(session, SYSTEM, page="stock", now=now)


@pytest.mark.parametrize(
    ("table", "columns"), [("x" * 121, ("a",)), ("stock", tuple(str(n) for n in range(61)))]
)
def test_a_choice_no_page_offers_is_refused(
    people: tuple[Actor, Actor], now: datetime, table: str, columns: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid, match=r"account\.odd_preference"), transaction() as session:
        preferences.hide_columns(session, people[0], table=table, columns=columns, now=now)
