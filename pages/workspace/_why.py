"""The answer to "why?": what was decided about one message, check by check."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from components import actions, auth, explain, page
from components.html import Tone, badge, note, safe, show, tag
from components.i18n import language, moment, t
from core import clock
from core.access.terms import Permission
from core.messages import service as messages
from core.messages.models import Delivery, Message
from core.messages.service import Explanation
from core.messages.terms import MessageStatus, Outcome, Reason
from core.reactions import reading
from core.reactions.terms import Verdict
from core.templates.models import Template
from core.templates.shipped import name_in

KEY = "messages"
S = MessageStatus
GROUPS = {
    "waiting": (S.QUEUED, S.LEASED, S.SENDING),
    "sent": (S.SENT, S.DELIVERED),
    "dropped": (S.DROPPED, S.DIGESTED, S.CANCELLED),
    "failed": (S.FAILED, S.BOUNCED),
    "doubt": (S.IN_DOUBT,),
}
TONES: dict[str, Tone] = {
    "waiting": "notice",
    "sent": "good",
    "dropped": "muted",
    "failed": "danger",
    "doubt": "warning",
}

VERDICTS: dict[Verdict | None, Tone] = {
    Verdict.HUMAN: "good",
    Verdict.UNSURE: "warning",
    Verdict.MACHINE: "muted",
    None: "notice",
}


def group_of(status: MessageStatus) -> str:
    """Return the group a status is shown in."""
    return next(name for name, statuses in GROUPS.items() if status in statuses)


def subject(message: Message, template: Template | None) -> str:
    """Return the subject; until it is made on leaving, what the template is called."""
    known = name_in(template, language()) if template else t("messages.subject_later")
    return message.subject_text or known


def draw(public_id: str) -> None:
    """Draw why this message is where it is, the mail itself, and what may be done about it."""
    found = actions.ask(messages.explain, public_id=public_id, now=clock.now())
    name = f"{found.person.first_name} {found.person.last_name}" if found.person else ""
    title = tag("h3", safe(subject(found.message, found.template)), class_="ch-heading")
    to = t("messages.to", person=name.strip() or t("common.unknown"))
    show(title + tag("p", safe(to), class_="ch-purpose"))
    _verdict(found)
    if found.checks:
        page.section("messages.checks")
        explain.checklist(found.checks)
    _attempts(found.attempts)
    _reactions(public_id)
    with st.expander(t("messages.letter")):
        st.iframe(f"/preview/message/{public_id}", height=480)
    _acts(found)


def _verdict(found: Explanation) -> None:
    """Say what became of the message; of one still to come, what would be decided now."""
    group = group_of(found.message.status)
    if found.is_forecast and found.reason is Reason.SENT:
        when = t("messages.planned.at", moment=moment(found.message.due_at))
        note(t("messages.planned"), when, tone="notice", more=t("messages.forecast"))
        return
    outcome = Outcome.SEND if group == "sent" else Outcome.POSTPONE
    if group in {"dropped", "failed"}:
        outcome = Outcome.DROP
    explain.verdict(outcome, found.reason, until=_until(found), detail=found.detail)
    if found.is_forecast:
        st.caption(t("messages.forecast"))


def _until(found: Explanation) -> datetime | None:
    return found.message.due_at if found.message.status is MessageStatus.QUEUED else None


def _attempts(attempts: list[Delivery]) -> None:
    if not attempts:
        return
    page.section("messages.attempts")
    lines = (
        tag(
            "li",
            tag("b", safe(t(f"messages.attempt.{one.kind}"))),
            tag("bdi", safe(" ".join(filter(None, [str(one.reply_code or ""), one.reply_text])))),
            tag("time", safe(moment(one.ended_at or one.started_at))),
        )
        for one in attempts
    )
    show(tag("ul", *lines, class_="ch-rows"))


def _reactions(public_id: str) -> None:
    """Say who or what opened the mail and followed which link, and how that is known."""
    found = actions.ask(reading.reactions_to, public_id=public_id)
    if not found:
        return
    page.section("messages.reactions")
    lines = (
        tag(
            "li",
            tag("b", safe(t(f"reaction.{one.kind}"))),
            badge(t(f"reaction.verdict.{one.verdict or 'waiting'}"), tone=VERDICTS[one.verdict]),
            tag("span", safe(t(f"reaction.sign.{one.sign}") if one.sign else "")),
            tag("bdi", safe(one.url)),
            tag("time", safe(moment(one.at))),
        )
        for one in found
    )
    show(tag("ul", *lines, class_="ch-rows"))


def _acts(found: Explanation) -> None:
    who = auth.required()
    public_id, status = found.message.public_id, found.message.status
    with st.container(horizontal=True, key="messages_acts"):
        if status is MessageStatus.QUEUED and auth.may(who, Permission.MESSAGE_SEND):
            _button("recall", messages.recall, public_id)
        if status is MessageStatus.IN_DOUBT and auth.may(who, Permission.MESSAGE_RESOLVE):
            _button("resend", messages.resend_in_doubt, public_id)
            _button("accept", messages.accept_in_doubt, public_id)


def _button(name: str, verb: Callable[..., object], public_id: str) -> None:
    if st.button(t(f"messages.act.{name}"), key=f"{KEY}.{name}") and actions.attempt(
        verb, toast=f"messages.act.{name}.done", public_id=public_id
    ):
        st.rerun()
