"""Who looks after whom: given to a colleague one by one and by many, found, and seen by whom."""

from datetime import datetime

import pytest
from sqlmodel import Session

from core.access.terms import Actor, DepartmentKind, Role
from core.contacts import card, changes, listing
from core.contacts.changes import BulkEdit, BulkField
from core.contacts.models import Contact
from core.contacts.terms import ContactFilter
from core.db import reading, transaction
from core.errors import Forbidden, NotFound
from tests.support.cast import (
    actor_of,
    administrator,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
NAMES = ("ali", "bita", "cyrus")


@pytest.fixture
def sellers(store: str) -> dict[str, Actor]:
    """Two sellers, who see their own people alone; Ali is the first one's, the others nobody's."""
    with transaction() as session:
        make_organisation(session)
        made = {
            login: actor_of(session, make_user(session, login, Role.SELLER, DepartmentKind.SALES))
            for login in ("omid", "sara")
        }
        for name in NAMES:
            owner_id = made["omid"].id if name == "ali" else None
            make_contact(session, f"{name}@example.com", first_name=name, last_name="",
                         owner_id=owner_id)  # fmt: skip
    return made


def seen_by(actor: Actor, owner_id: int | None = None) -> list[str]:
    with reading() as session:
        found = listing.list_contacts(session, actor, where=ContactFilter(owner_id=owner_id))
        return [one.name for one in found.lines]


def somebody(session: Session, name: str) -> Contact:
    (line,) = listing.list_contacts(session, ADMIN, where=ContactFilter(text=name)).lines
    return session.get_one(Contact, line.id)


def give(actor: Actor, names: tuple[str, ...], to: int | None, now: datetime) -> int:
    """Have the actor give these people to a colleague in one go; return how many went."""
    edit = BulkEdit(field=BulkField.OWNER, value=str(to or ""))
    with transaction() as session:
        ids = [somebody(session, name).public_id for name in names]
        return changes.edit_chosen(session, actor, public_ids=ids, edit=edit, now=now).count


def test_people_are_found_by_who_looks_after_them_and_by_nobody(sellers: dict[str, Actor]) -> None:
    assert seen_by(ADMIN) == list(NAMES)
    assert seen_by(ADMIN, owner_id=sellers["omid"].id) == ["ali"]
    assert seen_by(ADMIN, owner_id=0) == ["bita", "cyrus"]


def test_whoever_sees_their_own_people_alone_finds_no_others(sellers: dict[str, Actor]) -> None:
    assert seen_by(sellers["omid"]) == ["ali"]
    assert seen_by(sellers["omid"], owner_id=0) == []
    assert seen_by(sellers["sara"], owner_id=sellers["omid"].id) == []


def test_many_are_given_to_a_colleague_who_sees_them_from_then_on(
    sellers: dict[str, Actor], now: datetime
) -> None:
    assert give(ADMIN, ("bita", "cyrus"), sellers["sara"].id, now) == 2
    assert seen_by(sellers["sara"]) == ["bita", "cyrus"]
    assert give(ADMIN, ("cyrus",), None, now) == 1
    assert seen_by(ADMIN, owner_id=0) == ["cyrus"]


def test_a_seller_gives_away_their_own_and_takes_nobody_elses(
    sellers: dict[str, Actor], now: datetime
) -> None:
    omid, sara = sellers["omid"], sellers["sara"]
    assert give(sara, NAMES, sara.id, now) == 0
    assert give(omid, NAMES, sara.id, now) == 1
    assert (seen_by(omid), seen_by(sara)) == ([], ["ali"])


def test_one_person_is_given_on_by_who_has_them(sellers: dict[str, Actor], now: datetime) -> None:
    omid, sara = sellers["omid"], sellers["sara"]
    with transaction() as session:
        ali = somebody(session, "ali").public_id
        card.set_owner(session, omid, public_id=ali, owner_id=sara.id, now=now)
    with pytest.raises(Forbidden), transaction() as session:
        card.set_owner(session, omid, public_id=ali, owner_id=omid.id, now=now)
    with pytest.raises(NotFound, match=r"contact\.owner_missing"), transaction() as session:
        card.set_owner(session, sara, public_id=ali, owner_id=10_000, now=now)
