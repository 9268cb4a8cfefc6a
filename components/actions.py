"""The write door: opens the transaction, calls one verb, and says in words how it went."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import auth, cached
from components.html import note, safe, tag
from components.i18n import plain, t
from core import clock
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Unauthenticated

Result = TypeVar("Result")
_ERRORS = "frame.errors"
_PLACES = "frame.places"
_SAID = "frame.said"
DONE = ":material/check_circle:"
_STALE = "frame.stale"
_JUST_NOW = timedelta(seconds=2)


@dataclass(frozen=True)
class _Place:
    """Where the refusal of a field is drawn, and the key of its widget."""

    slot: DeltaGenerator
    key: str


@dataclass(frozen=True)
class _Said:
    """A short message; drawn_at is set where it was drawn already, by a fragment."""

    text: str
    icon: str
    drawn_at: datetime | None


def perform(
    verb: Callable[..., Result],
    /,
    *,
    toast: str = "common.saved",
    fields: Mapping[str, str] | None = None,
    **kwargs: object,
) -> Result | None:
    """Return what the verb returned, in a transaction of its own; None when it was refused.

    A refusal that names a field appears at that field (`forms` draws it), any other one as a
    toast. `toast` is the code said when it went well; "" says nothing. `fields` renames the
    verb's fields to those of the form. For verbs that return nothing ask `attempt`.
    """
    try:
        result = _carried_out(verb, kwargs)
    except ChaparError as error:
        _show(error, fields or {})
        return None
    _finish(toast)
    return result


def attempt(
    verb: Callable[..., object],
    /,
    *,
    toast: str = "common.saved",
    fields: Mapping[str, str] | None = None,
    **kwargs: object,
) -> bool:
    """Return whether the verb went through; everything else as `perform`."""
    try:
        _carried_out(verb, kwargs)
    except ChaparError as error:
        _show(error, fields or {})
        return False
    _finish(toast)
    return True


def ask(read_verb: Callable[..., Result], /, **kwargs: object) -> Result:
    """Return what a reading verb found. A refusal is drawn instead, and ends the run."""
    who = auth.required()
    auth.note_use(who)
    try:
        with reading() as session:
            return read_verb(session, who.actor, **_timed(read_verb, kwargs))
    except ChaparError as error:
        note(_words(error), tone="warning")
        st.stop()


def check(function: Callable[..., Result], /, *args: object, field: str) -> Result | None:
    """Return what a parser made of a field, or None with its refusal shown at that field."""
    try:
        return function(*args)
    except ChaparError as error:
        _draw_error(field, _words(error))
        return None


def is_stale() -> bool:
    """Return whether the last act failed because somebody else was faster."""
    return bool(st.session_state.get(_STALE, False))


def put_error(field: str, text: str) -> None:
    """Say at a field what is wrong with it, until it is changed or saved again."""
    place = _places().get(field)
    value = st.session_state.get(place.key) if place else None
    st.session_state.setdefault(_ERRORS, {})[field] = (text, value)
    _draw_error(field, text)


def place_error(field: str, *, key: str) -> None:
    """Draw here what is wrong with a field, now or as soon as it becomes known in this run."""
    st.session_state.setdefault(_PLACES, {})[field] = _Place(st.empty(), key)
    text, value = st.session_state.get(_ERRORS, {}).get(field, ("", None))
    if text and value == st.session_state.get(key):
        _draw_error(field, text)


def clear_errors() -> None:
    """Forget what was wrong."""
    st.session_state[_ERRORS] = {}


def begin_run(page: str) -> None:
    """Start a run of a page: places of errors are new, errors of another page are gone."""
    st.session_state[_PLACES] = {}
    if st.session_state.get("frame.page") != page:
        st.session_state["frame.page"] = page
        clear_errors()


def say(text: str, *, icon: str = DONE) -> None:
    """Show a short message that goes away, and that survives a rerun right after it.

    The frame draws it once the page is drawn. A fragment runs without the frame: there it is
    drawn at once, and again by the frame when the fragment asks for a full run.
    """
    in_fragment = _runs_fragment()
    _later(_Said(text, icon, clock.now() if in_fragment else None))
    if in_fragment:
        st.toast(plain(text), icon=icon)


def _later(said: _Said) -> None:
    st.session_state.setdefault(_SAID, []).append(said)


def say_all() -> None:
    """Show the messages that wait. The frame calls this once the page is drawn."""
    for said in st.session_state.pop(_SAID, []):
        if said.drawn_at is None or clock.now() - said.drawn_at < _JUST_NOW:
            st.toast(plain(said.text), icon=said.icon)


def _runs_fragment() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _carried_out(verb: Callable[..., Result], kwargs: dict[str, object]) -> Result:
    clear_errors()
    st.session_state[_STALE] = False
    who = auth.current()
    if who is None:
        raise Unauthenticated("frame.session_ended")
    auth.note_use(who)
    with transaction() as session:
        return verb(session, who.actor, **_timed(verb, kwargs))


def _finish(toast: str) -> None:
    cached.forget()
    if toast:  # a dialog closes by a full run, which says it; said here too it would stand twice
        _later(_Said(t(toast), DONE, None))


def _show(error: ChaparError, fields: Mapping[str, str]) -> None:
    st.session_state[_STALE] = isinstance(error, Conflict)
    if error.field:
        put_error(fields.get(error.field, error.field), _words(error))
        return
    icon = ":material/sync_problem:" if isinstance(error, Conflict) else ":material/error:"
    say(_words(error), icon=icon)


def _words(error: ChaparError) -> str:
    return t(error.code, **error.params)


def _timed(verb: Callable[..., object], kwargs: dict[str, object]) -> dict[str, object]:
    takes_now = "now" in inspect.signature(verb).parameters
    return {**kwargs, "now": clock.now()} if takes_now and "now" not in kwargs else kwargs


def _places() -> dict[str, _Place]:
    places: dict[str, _Place] = st.session_state.get(_PLACES, {})
    return places


def _draw_error(field: str, text: str) -> None:
    place = _places().get(field)
    if place is not None:
        place.slot.html(tag("p", safe(text), class_="ch-field-error", role="alert"))
