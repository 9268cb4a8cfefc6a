"""The statements that are asked all day long are answered by an index, however much there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from core.audience import hygiene_queries
from core.contacts.models import Contact
from core.contacts.terms import Audience
from core.db import engine, reading, transaction
from core.events import queries as events
from core.filters.checking import parsed
from core.filters.sql import Shape
from core.messages import queries as messages
from core.messages.terms import Lane
from core.segments import people, service
from core.segments.membership import lens
from core.segments.rules import whole_tree
from core.segments.terms import SegmentDraft
from tests.support.cast import administrator, make_organisation

pytestmark = pytest.mark.sqlite_only("the words of a plan are SQLite's own")
SENT = {"node": "group", "children": [
    {"node": "field", "field": "mail.sent", "operator": "at_least", "value": 1}]}  # fmt: skip


@pytest.fixture(autouse=True)
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session, now=now)


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collect how the store goes about each statement asked inside."""
    found: list[str] = []

    def note(_conn: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            asked = cursor.connection.cursor().execute(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
            found.append(" / ".join(row[3] for row in asked))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def of(found: list[str], table: str) -> str:
    return " | ".join(one for one in found if f" {table}" in one)


def test_waiting_events_are_found_among_those_that_are_done(now: datetime) -> None:
    with transaction() as session, plans() as found:
        events.claim_waiting(session, limit=200, now=now)
    assert "USING INDEX ix_event_waiting" in of(found, "event")


def test_due_messages_are_found_among_those_that_went(now: datetime) -> None:
    with transaction() as session, plans() as found:
        messages.claim(session, Lane.BULK, owner="w", now=now, until=now, limit=100)
    assert "ix_message_ready" in of(found, "message")
    assert "SCAN message" not in of(found, "message")


def test_mails_of_each_person_are_counted_without_reading_them(now: datetime) -> None:
    with reading() as session, plans() as found:
        seen = lens(session, now=now)
        tree = whole_tree(parsed(SENT), audience=Audience.EXTERNAL, excludes=())
        session.execute(select(Contact.id).where(seen.clause(tree, Shape.WHOLE)))
    assert "USING COVERING INDEX ix_message_sent" in of(found, "message")


def test_addresses_that_bounced_lead_to_their_people() -> None:
    with reading() as session, plans() as found:
        session.execute(select(Contact.id).where(hygiene_queries.bounced()))
    assert "ix_address_bounced" in of(found, "address")


def test_members_are_walked_in_the_order_in_which_they_came(now: datetime) -> None:
    with transaction() as session:
        made = service.create(session, administrator(), draft=SegmentDraft(name="All"), now=now)
    with reading() as session, plans() as found:
        people.members(session, administrator(), segment_id=made.id, after_id=7, limit=50)
    walk = of(found, "segment_member")
    assert "SEARCH segment_member" in walk
    assert "TEMP B-TREE" not in walk
