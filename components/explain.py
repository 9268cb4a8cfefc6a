"""A verdict in words: why a message was sent, held or dropped, check by check."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from components.html import Tone, note, safe, show, tag
from components.i18n import day, duration, has, moment, number, t
from core.messages.terms import Outcome, Reason

_TONE: Mapping[Outcome, Tone] = {
    Outcome.SEND: "good",
    Outcome.POSTPONE: "notice",
    Outcome.DIGEST: "notice",
    Outcome.DROP: "warning",
}
_STATE_TONE: Mapping[str, Tone] = {"passed": "good", "failed": "warning", "skipped": "muted"}
_CODED = ("suppression", "state", "status", "audience")
_SECONDS = ("window", "window_s", "wait_s", "nag_s")


def short(reason: Reason | str) -> str:
    """Return the reason in a few words, for a table."""
    return t(f"reason.{reason}")


def sentence(reason: Reason | str) -> str:
    """Return the reason as a sentence that also says what would change it."""
    return t(f"reason.{reason}.long")


def verdict(
    outcome: Outcome,
    reason: Reason,
    *,
    at: datetime | None = None,
    until: datetime | None = None,
    detail: str = "",
) -> None:
    """Draw what was decided, why, when, and what happens next."""
    small = []
    if until is not None:
        small.append(t("explain.until", until=moment(until)))
    if at is not None:
        small.append(t("explain.at", at=moment(at)))
    if detail:
        small.append(_detail(detail))
    note(short(reason), sentence(reason), tone=_TONE[outcome], more=" · ".join(small))


def checklist(checks: Sequence[Mapping[str, Any]]) -> None:
    """Draw the checks in their order: what was looked at, how it went, the values seen.

    Each is {"name", "passed": True, False or None for not reached, "values"}.
    """
    show(tag("ol", *(_line(check) for check in checks), class_="ch-checks"))


def facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the values of a check as pairs of words, leaving out what has no word for people."""
    return [
        (t(f"explain.value.{key}"), _value(key, value))
        for key, value in values.items()
        if has(f"explain.value.{key}") and value not in (None, "", [], ())
    ]


def _detail(detail: str) -> str:
    """Return the small print of a verdict: a code as its words, what a server said as it is."""
    known = (*(f"explain.value.{key}.{detail}" for key in _CODED), f"reason.{detail}")
    return next((t(code) for code in known if has(code)), detail)


def _line(check: Mapping[str, Any]) -> str:
    state = {True: "passed", False: "failed", None: "skipped"}[check.get("passed")]
    code = f"check.{check['name']}.{state}"
    text = t(code) if has(code) else t(f"explain.{state}", name=str(check["name"]))
    pairs = facts(check.get("values") or {})
    said = tag(
        "span", tag("span", safe(t(f"explain.{state}.mark")), class_="ch-hidden"), safe(text)
    )
    spans = (tag("span", safe(label), " ", tag("bdi", safe(shown))) for label, shown in pairs)
    small = tag("div", *spans, class_="ch-facts") if pairs else ""
    return tag("li", said, small, class_=f"ch-{_STATE_TONE[state]}")


def _value(key: str, value: object) -> str:
    if isinstance(value, bool):
        return t("common.yes" if value else "common.no")
    if isinstance(value, int | float):
        return duration(timedelta(seconds=value)) if key in _SECONDS else number(value)
    if isinstance(value, list | tuple):
        return t("explain.list", items=[_value(key, one) for one in value])
    return _text(key, str(value))


def _text(key: str, text: str) -> str:
    """Return a moment or a day as people write it, a code as its word, anything else as it is."""
    known = f"explain.value.{key}.{text}"
    if has(known):
        return t(known)
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == len("2026-11-21"):
        return day(date.fromisoformat(text))
    return moment(stamp) if stamp.tzinfo else text
