"""Calls about messages: send one by template, see how it stands, and why."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from core import clock
from core.db import reading
from core.http.api import once
from core.http.api.callers import Caller, Reads, Writes
from core.http.api.shapes import CheckOut, MessageIn, MessageOut, WhyOut
from core.http.language import language_of
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages import service as messages
from core.messages.by_template import Order, send_by_template
from core.messages.models import Message
from core.messages.service import Explanation

router = APIRouter(tags=["messages"])
WORDS = {True: "passed", False: "failed", None: "skipped"}


@router.post("/messages", operation_id="message_send", status_code=202, response_model=MessageOut)
def send_message(given: MessageIn, who: Writes) -> JSONResponse:
    """Send a mail by template."""
    order = Order(
        template=given.template,
        email=given.to.email,
        contact=given.to.contact,
        values=given.values,
        send_at=given.send_at,
    )

    def act(session: Session, now: datetime) -> BaseModel:
        return _shown(send_by_template(session, who.actor, order=order, now=now))

    return once.perform(who, given, act, status=202)


@router.get("/messages/{public_id}", operation_id="message_read")
def read_message(public_id: str, who: Reads) -> MessageOut:
    """See how a message stands."""
    return _shown(_explained(who, public_id).message)


@router.get("/messages/{public_id}/why", operation_id="message_why")
def explain_message(public_id: str, who: Reads, request: Request) -> WhyOut:
    """See why a message was sent, held or dropped."""
    why = _explained(who, public_id)
    language = language_of(request)
    return WhyOut(
        id=why.message.public_id,
        status=why.message.status,
        reason=why.reason,
        detail=why.detail,
        text=translate(language, f"reason.{why.reason.value}.long"),
        until=why.until,
        is_forecast=why.is_forecast,
        checks=[_check(one, language) for one in why.checks],
    )


def _explained(who: Caller, public_id: str) -> Explanation:
    with reading() as session:
        return messages.explain(session, who.actor, public_id=public_id, now=clock.now())


def _check(check: dict[str, object], language: Language) -> CheckOut:
    name, passed, values = str(check["name"]), check["passed"], check["values"]
    assert passed is None or isinstance(passed, bool)  # noqa: S101 - written so by admission
    assert isinstance(values, dict)  # noqa: S101 - written so by admission
    text = translate(language, f"check.{name}.{WORDS[passed]}", **values)
    return CheckOut(name=name, passed=passed, text=text, values=values)


def _shown(message: Message) -> MessageOut:
    return MessageOut(
        id=message.public_id,
        status=message.status,
        reason=message.reason,
        subject=message.subject_text,
        created_at=message.created_at,
        due_at=message.due_at,
        sent_at=message.sent_at,
        attempt_count=message.attempt_count,
    )
