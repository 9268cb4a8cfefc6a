"""Calls about events: tell one, tell many, say who a visitor is."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from core.http.api import once
from core.http.api.callers import Caller, Writes
from core.http.api.event_shapes import (
    EventBatchIn,
    EventIn,
    IdentifyIn,
    OneEventIn,
    RecognisedOut,
    RecordedOut,
    RefusedOut,
    WhoIn,
)
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.tracking import recording
from core.tracking.terms import EventInput, Recorded, Refusal, Subject

router = APIRouter(tags=["events"])


@router.post("/events", operation_id="event_record", status_code=201, response_model=RecordedOut)
def record_event(given: OneEventIn, who: Writes, request: Request) -> JSONResponse:
    """Record one event."""
    language = language_of(request)

    def act(session: Session, now: datetime) -> BaseModel:
        done = recording.record_event(
            session, who.actor, source=_source(who, given.source), given=_event(given), now=now
        )
        return _said(done, language)

    return once.perform(who, given, act, status=201)


@router.post("/events/batch", operation_id="event_batch", response_model=RecordedOut)
def record_events(given: EventBatchIn, who: Writes, request: Request) -> JSONResponse:
    """Record up to 1,000 events, all that can be recorded; the others are named in the answer."""
    language = language_of(request)

    def act(session: Session, now: datetime) -> BaseModel:
        events = [_event(one) for one in given.events]
        source = _source(who, given.source)
        done = recording.record_events(session, who.actor, source=source, given=events, now=now)
        return _said(done, language)

    return once.perform(who, given, act, status=200)


@router.post("/events/identify", operation_id="event_identify", response_model=RecognisedOut)
def identify(given: IdentifyIn, who: Writes) -> JSONResponse:
    """Say which contact a visitor is; what the visitor did before becomes theirs."""

    def act(session: Session, now: datetime) -> BaseModel:
        done = recording.identify(
            session, who.actor, source=_source(who, given.source), subject=_subject(given), now=now
        )
        return RecognisedOut(contact=done.contact, joined=done.joined_count)

    return once.perform(who, given, act, status=200)


def _source(who: Caller, given: str) -> str:
    """A name begins with a letter, so it is no other key's number."""
    return f"api:{given or who.key_id}"


def _event(given: EventIn) -> EventInput:
    return EventInput(
        name=given.name,
        subject=_subject(given),
        key=given.id,
        occurred_at=given.occurred_at,
        properties=given.properties,
    )


def _subject(given: WhoIn) -> Subject:
    return Subject(
        contact=given.contact,
        email=given.email,
        phone=given.phone,
        country=given.country,
        external_id=given.external_id,
        external_source=given.external_source,
        anonymous_id=given.anonymous_id,
    )


def _said(done: Recorded, language: Language) -> RecordedOut:
    refused = [_refused(one, language) for one in done.refused]
    return RecordedOut(recorded=done.recorded_count, known=done.known_count, refused=refused)


def _refused(one: Refusal, language: Language) -> RefusedOut:
    detail = translate(language, one.code, **one.params)
    return RefusedOut(index=one.index, code=one.code, detail=detail, field=one.field)
