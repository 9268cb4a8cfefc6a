"""Notes about people. Whoever is named with @login in one gets a task to read it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.access.service import may, verb
from core.access.terms import Actor, Permission
from core.accounts import queries as accounts
from core.accounts.models import User
from core.activities.models import Note
from core.activities.service import place_task
from core.activities.terms import TaskInput
from core.audit import service as audit
from core.contacts import reach
from core.contacts.listing import name_of
from core.contacts.models import Contact
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.i18n.catalog import translate
from core.i18n.text import stored

LONGEST = 4000
PAGE = 50
_MENTION = re.compile(r"(?:^|(?<=\s))@([\w.+-]{1,80})")


@dataclass(frozen=True)
class NoteLine:
    """A note as it is shown. may_change: by the actor who asked."""

    id: int
    text: str
    author: str
    mentions: tuple[str, ...]
    created_at: datetime
    version: int
    may_change: bool


@verb(Permission.CONTACT_VIEW, audit=None)
def notes_of(session: Session, actor: Actor, *, public_id: str, page: int = 1) -> list[NoteLine]:
    """Return the notes about a person, newest first, at most 50."""
    person = reach.person(session, actor, public_id, permission=Permission.CONTACT_VIEW)
    statement = select(Note).where(Note.contact_id == person.id).order_by(col(Note.id).desc())
    found = session.exec(statement.limit(PAGE).offset((max(page, 1) - 1) * PAGE)).all()
    names = {one.id: one.name for one in accounts.users(session)}
    return [
        NoteLine(
            id=note.id,
            text=note.text,
            author=names.get(note.author_id or 0, ""),
            mentions=tuple(names[one] for one in note.mentions if one in names),
            created_at=note.created_at,
            version=note.version,
            may_change=_is_mine(actor, note),
        )
        for note in found
    ]


@verb(Permission.CONTACT_EDIT, audit="note.added")
def add_note(session: Session, actor: Actor, *, public_id: str, text: str, now: datetime) -> Note:
    """Return a new note. Each colleague named in it has a task to read it, due now.

    Raises:
        Invalid: "note.empty", "note.long" or "note.unknown_colleague", at "text".
    """
    person = reach.person(session, actor, public_id, permission=Permission.CONTACT_EDIT)
    clean = _checked(text)
    named = _mentioned(session, clean)
    note = Note(
        contact_id=person.id,
        author_id=actor.id if actor.kind == "user" else None,
        text=clean,
        mentions=[one.id for one in named],
    )
    session.add(note)
    session.flush()
    _tell(session, note, person, named=named, now=now)
    audit.record(session, actor, "note.added", now=now, subject=note, name=name_of(person),
                 contact_id=person.id, after={"text": clean})  # fmt: skip
    return note


@verb(Permission.CONTACT_EDIT, audit="note.changed")
def change_note(
    session: Session, actor: Actor, *, note_id: int, version: int, text: str, now: datetime
) -> Note:
    """Return the note with new words; colleagues newly named in it are told.

    Raises:
        Forbidden: Where it is somebody else's.
        Conflict: "common.changed_meanwhile" where somebody was faster.
    """
    note, person = _mine(session, actor, note_id)
    if note.version != version:
        raise Conflict("common.changed_meanwhile")
    before, note.text = note.text, _checked(text)
    named = _mentioned(session, note.text)
    known, note.mentions = set(note.mentions), [one.id for one in named]
    note.version += 1
    session.add(note)
    session.flush()
    _tell(session, note, person, named=[one for one in named if one.id not in known], now=now)
    audit.record(
        session,
        actor,
        "note.changed",
        now=now,
        subject=note,
        name=name_of(person),
        contact_id=person.id,
        before={"text": before},
        after={"text": note.text},
    )
    return note


@verb(Permission.CONTACT_EDIT, audit="note.removed")
def remove_note(session: Session, actor: Actor, *, note_id: int, now: datetime) -> None:
    """Take a note of one's own away."""
    note, person = _mine(session, actor, note_id)
    audit.record(session, actor, "note.removed", now=now, subject=note, name=name_of(person),
                 contact_id=person.id, before={"text": note.text})  # fmt: skip
    session.delete(note)
    session.flush()


@verb(Permission.CONTACT_VIEW, audit=None)
def colleagues(session: Session, _actor: Actor) -> Mapping[int, str]:
    """Return who works here, by id, to be named or made an owner."""
    return {one.id: one.name for one in accounts.users(session) if one.is_active}


def _checked(text: str) -> str:
    clean = stored(text)
    if not clean:
        raise Invalid("note.empty", field="text")
    if len(clean) > LONGEST:
        raise Invalid("note.long", field="text", limit=LONGEST)
    return clean


def _mentioned(session: Session, text: str) -> list[User]:
    logins = [found.rstrip(".").lower() for found in _MENTION.findall(text)]
    known = {one.login.lower(): one for one in accounts.users(session) if one.is_active}
    for login in logins:
        if login not in known:
            raise Invalid("note.unknown_colleague", field="text", typed=login)
    return [known[login] for login in dict.fromkeys(logins)]


def _tell(
    session: Session, note: Note, person: Contact, *, named: Sequence[User], now: datetime
) -> None:
    for user in named:
        if user.id == note.author_id:
            continue
        title = translate(user.language, "note.task", name=name_of(person))
        task = TaskInput(
            title=title[:200],
            due_at=now,
            owner_id=user.id,
            contact_id=person.id,
            dedup_key=f"note:{note.id}:{user.id}",
        )
        place_task(session, task, now=now)


def _mine(session: Session, actor: Actor, note_id: int) -> tuple[Note, Contact]:
    note = session.get(Note, note_id, with_for_update=True, populate_existing=True)
    person = session.get(Contact, note.contact_id) if note else None
    if note is None or person is None:
        raise NotFound("note.missing")
    reach.require_person(actor, Permission.CONTACT_EDIT, person)
    if not _is_mine(actor, note):
        raise Forbidden("note.not_mine")
    return note, person


def _is_mine(actor: Actor, note: Note) -> bool:
    if actor.is_system or may(actor, Permission.CONTACT_ERASE):
        return True
    return actor.kind == "user" and note.author_id is not None and note.author_id == actor.id
