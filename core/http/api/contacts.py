"""Calls about contacts: add or change one, read one, list them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from core.contacts import card, listing, outside
from core.contacts.models import Contact
from core.contacts.terms import ContactFilter, ContactInput, ContactKind
from core.db import reading
from core.http.api import cursors, once
from core.http.api.callers import Caller, Reads, Writes
from core.http.api.shapes import ContactIn, ContactOut, ContactPageOut

router = APIRouter(tags=["contacts"])
Limit = Annotated[int, Query(ge=1, le=cursors.MOST)]
Text = Annotated[str, Query(max_length=200)]


@router.get("/contacts", operation_id="contact_list")
def list_contacts(
    who: Reads,
    *,
    cursor: str = "",
    limit: Limit = cursors.USUAL,
    search: Text = "",
    kind: ContactKind | None = None,
) -> ContactPageOut:
    """List the contacts, those a search means or all of them."""
    after = cursors.after(cursor)
    where = ContactFilter(text=search, kind=kind)
    with reading() as session:
        found = listing.contacts_after(
            session, who.actor, where=where, after_id=after, limit=limit + 1
        )
        items = _shown(session, found[:limit])
    more = cursors.cursor(found[limit - 1].id) if len(found) > limit else None
    return ContactPageOut(items=items, next_cursor=more)


@router.get("/contacts/{contact}", operation_id="contact_read")
def read_contact(contact: str, who: Reads) -> ContactOut:
    """Read one contact; one that was merged leads to whom it became."""
    with reading() as session:
        found = outside.read(session, who.actor, public_id=contact)
        return _shown(session, [found])[0]


@router.put("/contacts", operation_id="contact_upsert", response_model=ContactOut)
def upsert_contact(given: ContactIn, who: Writes) -> JSONResponse:
    """Add the contact with this email, phone or external number, or change the one there is.

    What is left out stays as it is.
    """

    def act(session: Session, now: datetime) -> BaseModel:
        key = outside.Key(
            email=given.email,
            phone=given.phone,
            country=given.country or "",
            source=f"api:{who.key_id}" if not given.external_source else given.external_source,
            number=given.external_id,
        )
        known = outside.find(session, who.actor, key=key)
        if known is None:
            made = outside.add(session, who.actor, key=key, given=_new(who, given), now=now)
        else:
            made = outside.change(
                session, who.actor, key=key, contact=known,
                given=_changed(session, known, given), now=now,
            )  # fmt: skip
        if given.tags is not None:
            card.set_tags(session, who.actor, public_id=made.public_id, tags=given.tags, now=now)
        return _shown(session, [made])[0]

    return once.perform(who, given, act, status=200)


def _new(who: Caller, given: ContactIn) -> ContactInput:
    values = _values(given)
    values.setdefault("source", f"api:{who.key_id}")
    return ContactInput(**values)


def _changed(session: Session, known: Contact, given: ContactIn) -> ContactInput:
    return replace(card.as_input(session, known), **_values(given))


def _values(given: ContactIn) -> dict[str, Any]:
    """Return what was said, as the form of a person takes it."""
    said: dict[str, Any] = given.model_dump(
        exclude_unset=True,
        exclude={"email", "phone", "external_id", "external_source", "tags"},
    )
    found = {name: value for name, value in said.items() if value is not None}
    if given.birth_date is not None:
        found["birth_date"] = given.birth_date.isoformat()
    if given.kind is not None:
        found["kind"] = ContactKind(given.kind)
    return found


def _shown(session: Session, found: list[Contact]) -> list[ContactOut]:
    lines = {one.id: one for one in listing.lines(session, [row.id for row in found])}
    return [ContactOut.of(row, lines[row.id]) for row in found]
