"""Who is in front of the page. Asked of the store in every run: a visit can end at any moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NoReturn

import streamlit as st

from components import i18n
from components.html import note, safe, tag
from core import clock
from core.access import rules
from core.access.terms import SYSTEM, Actor, Level, Permission, Role
from core.accounts import sessions
from core.accounts.models import User
from core.accounts.terms import SessionKind
from core.db import reading, transaction
from core.i18n.terms import Calendar, Reader
from core.organisation import queries
from core.organisation.models import Department, Organisation
from core.settings import settings
from core.setup import wizard

LOGIN_PATH = "/auth/login"


@dataclass(frozen=True)
class Who:
    """The actor of this visit, the account behind it, and the house it is in.

    user is None during set-up, before there is an administrator.
    """

    actor: Actor
    user: User | None
    organisation: Organisation | None
    departments: tuple[Department, ...]
    visit: sessions.Visit


_FOUND: ContextVar[Who | None] = ContextVar("found", default=None)
"""Who was found when the full run that is under way began."""


@contextmanager
def found(who: Who) -> Iterator[None]:
    """Have what the run reads and draws be for this person: one look-up a run instead of eight.

    Callbacks, and fragments that run by themselves, lie outside and ask the store.
    """
    token = _FOUND.set(who)
    try:
        yield
    finally:
        _FOUND.reset(token)


def seen() -> Who | None:
    """Return who is signed in, as found when this run began; asked now where none is under way."""
    return _FOUND.get() or current()


def current() -> Who | None:
    """Return who is signed in, asked of the store now; None when the visit has ended.

    The language, calendar and zone of the page become this person's.
    """
    sid = st.user.get("sid")
    if not isinstance(sid, str) or not sid:
        return None
    with reading() as session:
        visit = sessions.resolve_session(session, session_hash=sid, now=clock.now())
        actor = _actor(visit) if visit else None
        if visit is None or actor is None:
            return None
        house = session.get(Organisation, queries.ORGANISATION_ID)
        departments = tuple(queries.departments(session)) if house else ()
    i18n.remember(_reader(visit.user, house))
    return Who(actor, visit.user, house, departments, visit)


def note_use(who: Who) -> None:
    """Keep the visit alive: somebody does something. Writes at most once a minute."""
    now = clock.now()
    if not sessions.is_touch_due(who.visit, now=now):
        return
    with transaction() as session:
        sessions.touch_session(session, SYSTEM, session_hash=who.visit.hash, now=now)
    who.visit.session.last_seen_at = now  # the rest of the run need not write it again


def required() -> Who:
    """Return who is signed in; leads everybody else to the door and ends the run."""
    who = seen()
    if who is None:
        leave()
    return who


def leave() -> NoReturn:
    """Lead the browser to the sign-in page and end the run."""
    link = tag("a", safe(i18n.t("frame.signed_out")), href=LOGIN_PATH, target="_self")
    script = f"<script>location.assign({LOGIN_PATH!r})</script>"
    st.html(script + tag("p", link), unsafe_allow_javascript=True)
    st.stop()


def may(who: Who, permission: Permission | None) -> bool:
    """Return whether the person holds the permission anywhere; None asks for nothing."""
    return permission is None or rules.level(who.actor, permission) is not Level.NO


def refuse(permission: Permission) -> NoReturn:
    """Say that this is not for the person, and who can change that; ends the run."""
    roles = [role for role in Role if rules.ROLES[role].get(permission, Level.NO) is not Level.NO]
    named = [i18n.t(f"frame.role.{role}") for role in roles]
    note(
        i18n.t("frame.refused.title"),
        i18n.t("frame.refused.body", right=i18n.t(f"frame.right.{permission}")),
        tone="warning",
        more=i18n.t("frame.refused.ask", roles=named),
    )
    st.stop()


def _actor(visit: sessions.Visit) -> Actor | None:
    """Return on whose behalf this visit acts: during set-up nobody's, so the system's."""
    if visit.kind is SessionKind.SETUP:
        return wizard.setup_actor(visit)
    return visit.actor


def _reader(user: User | None, house: Organisation | None) -> Reader:
    zone = house.time_zone if house else settings().time_zone
    if user is not None:
        return Reader(user.language, user.calendar, zone)
    known = i18n.reader()
    if house is None:
        return known
    return Reader(known.language, Calendar(house.calendar), zone)
