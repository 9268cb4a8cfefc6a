"""People are found however their name or number is spelt, at once or a minute later."""

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from core.contacts import queries, search_index, service
from core.contacts.models import Contact
from core.contacts.rules import grams, holds, search_words
from core.db import is_sqlite, transaction
from tasks.contacts import index_search
from tests.support.cast import make_contact, make_organisation

PEOPLE = {
    "ali": {"first_name": "علی", "last_name": "رضایی"},
    "aliya": {"first_name": "عليا", "last_name": "الهاشمي"},
    "sara": {"first_name": "سارا", "last_name": "نیک\u200cنام"},
    "jose": {"first_name": "José", "last_name": "O'Neill"},
    "percent": {"first_name": "100%", "last_name": "_under"},
}
ALI, ALIYA = "ali", "aliya"
TABLE = [
    ("علي", {ALI, ALIYA}),
    ("علی", {ALI, ALIYA}),
    ("رضائي", {ALI}),
    ("رضايى", {ALI}),
    ("الهاشمی", {ALIYA}),
    ("نیکنام", {"sara"}),
    ("نيك\u200cنام", {"sara"}),
    ("JOSE", {"jose"}),
    ("o'neill", {"jose"}),
    ("sara@example.com", {"sara"}),
    ("@example.com", {ALI, "sara"}),
    ("۰۹۱۲۳۴۵۶۷۸۹", {ALI}),
    ("٠٩١٢٣٤٥٦٧٨٩", {ALI}),
    ("+989123456789", {ALI}),
    ("00989123456789", {ALI}),
    ("0912-345-6789", {ALI}),
    ("0912 345", {ALI}),
    ("عل", {ALI, ALIYA}),
    ("رض", {ALI}),
    ("ر", set()),
    ("س", {"sara"}),
    ("%", set()),
    ("100%", {"percent"}),
    ("_un", {"percent"}),
    ("علی نیک", set()),
    ('"', set()),
    ("' OR 1=1 --", set()),
    ("x*", set()),
    ("NEAR(a b)", set()),
    ("", set(PEOPLE)),
]


def found(session: Session, wanted: str) -> set[str]:
    chosen = queries.matching(wanted)
    ids = search_index.candidates(session, grams(search_words(wanted)), limit=100)
    if ids is not None:
        chosen = [*chosen, col(Contact.id).in_(ids)]
    return set(session.exec(select(Contact.source).where(*chosen)).all())


def cast(session: Session) -> dict[str, Contact]:
    made = {}
    for name, details in PEOPLE.items():
        made[name] = make_contact(session, source=name, **details)
    service.set_email(session, made["sara"], "Sara@example.com")
    service.set_email(session, made[ALI], "x.y@example.com")
    service.add_phone(session, made[ALI], "۰۹۱۲ ۳۴۵ ۶۷۸۹", country="IR")
    return made


@pytest.mark.spec("N10", "S29")
def test_every_spelling_finds_the_same_people(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
        cast(session)
        wrong = [wanted for wanted, who in TABLE if found(session, wanted) != who]
    assert wrong == []


def test_the_plain_reading_of_a_search_agrees_with_the_store(store: str) -> None:
    with transaction() as session:
        people = cast(session)
        for wanted, who in TABLE:
            words = search_words(wanted)
            assert {name for name, one in people.items() if holds(one.search_key, words)} == who


def test_whoever_was_written_past_the_verbs_is_found_after_the_next_batch(store: str) -> None:
    with transaction() as session:
        people = cast(session)
        assert search_index.waiting_count(session) == 0
        session.execute(
            text("UPDATE contact SET search_key = 'zahra karimi' WHERE id = :id"),
            {"id": people["jose"].id},
        )
        session.execute(text("DELETE FROM contact WHERE id = :id"), {"id": people["percent"].id})
        assert found(session, "jose") == set()
        assert found(session, "100%") == set()
        if is_sqlite(session):
            assert search_index.waiting_count(session) == 2
            assert search_index.drain(session, batch=1) == 1
        search_index.drain(session)
        assert search_index.waiting_count(session) == 0
        assert found(session, "zahra") == {"jose"}


def test_more_than_the_index_shall_list_are_left_to_the_order_of_the_list(store: str) -> None:
    with transaction() as session:
        cast(session)
        assert search_index.candidates(session, ["exa"], limit=1) is None
        assert search_index.candidates(session, [], limit=1) is None


def test_the_task_brings_everybody_into_step(store: str) -> None:
    with transaction() as session:
        people = cast(session)
        session.execute(
            text("UPDATE contact SET search_key = 'zahra' WHERE id = :id"), {"id": people[ALI].id}
        )
    index_search()
    with transaction() as session:
        assert search_index.waiting_count(session) == 0
        assert found(session, "zahra") == {ALI}
