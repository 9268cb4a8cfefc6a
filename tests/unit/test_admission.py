"""Admission is a pure decision: facts in, one verdict with one reason out."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.consent.terms import ConsentState, SuppressionReason, TopicRule
from core.contacts.terms import Audience, ContactStatus
from core.messages import capping, rules, timing
from core.messages.capping import Cap, Slot
from core.messages.rules import Facts
from core.messages.terms import (
    DayRule,
    HoldKind,
    MessageClass,
    OnCap,
    Outcome,
    Reason,
    WindowKind,
)
from core.messages.timing import QuietHours

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)  # Saturday, 11:30 in Tehran
TEHRAN = "Asia/Tehran"
T, S, R, P = MessageClass
IN, OUT = Audience.INTERNAL, Audience.EXTERNAL


def facts(klass: MessageClass = R, audience: Audience = OUT, **more: object) -> Facts:
    plain = Facts(
        klass=klass, audience=audience, slot=Slot(klass, audience), zone=TEHRAN, address="a@b.com"
    )
    return replace(plain, **more)


def cap(limit: int = 1, **more: object) -> Cap:
    plain = Cap(id=1, name="one", counted_classes=frozenset({R, P}), audience=OUT, limit=limit)
    return replace(plain, **more)


def used(*hours_ago: float, klass: MessageClass = R) -> list[Slot]:
    return [Slot(klass, OUT, counted_at=NOW - timedelta(hours=hours)) for hours in hours_ago]


BLOCKED = {
    SuppressionReason.ERASED: {T, S, R, P},
    SuppressionReason.HARD_BOUNCE: {T, S, R, P},
    SuppressionReason.COMPLAINT: {R, P},
    SuppressionReason.MANUAL: {R, P},
    SuppressionReason.UNSUBSCRIBED: {R, P},
    SuppressionReason.INACTIVE: {P},
}


@pytest.mark.spec("U01")
@pytest.mark.parametrize("klass", MessageClass)
@pytest.mark.parametrize("reason", SuppressionReason)
def test_a_suppression_stops_exactly_the_classes_of_the_table(
    reason: SuppressionReason, klass: MessageClass
) -> None:
    verdict = rules.admit(facts(klass, suppressions=[reason]), now=NOW)
    if klass in BLOCKED[reason]:
        assert (verdict.outcome, verdict.reason) == (Outcome.DROP, Reason.SUPPRESSED)
        assert verdict.detail == reason.value
    else:
        assert verdict.outcome is Outcome.SEND


def test_staff_who_unsubscribed_still_get_relationship_mail_unless_they_left_its_topic() -> None:
    gone = [SuppressionReason.UNSUBSCRIBED]
    assert rules.admit(facts(R, IN, suppressions=gone), now=NOW).outcome is Outcome.SEND
    left = facts(R, IN, suppressions=gone, topic_rule=TopicRule.OPT_OUT,
                 topic_state=ConsentState.UNSUBSCRIBED)  # fmt: skip
    assert rules.admit(left, now=NOW).reason is Reason.NO_CONSENT


CONSENT = [
    (TopicRule.OPT_IN, None, Outcome.DROP),
    (TopicRule.OPT_IN, ConsentState.UNCONFIRMED, Outcome.DROP),
    (TopicRule.OPT_IN, ConsentState.CONFIRMED, Outcome.SEND),
    (TopicRule.OPT_IN, ConsentState.UNSUBSCRIBED, Outcome.DROP),
    (TopicRule.OPT_OUT, None, Outcome.SEND),
    (TopicRule.OPT_OUT, ConsentState.UNCONFIRMED, Outcome.DROP),
    (TopicRule.OPT_OUT, ConsentState.UNSUBSCRIBED, Outcome.DROP),
]


@pytest.mark.spec("U02", "U03", "S80")
@pytest.mark.parametrize(("rule", "state", "outcome"), CONSENT)
def test_consent_follows_the_topic(
    rule: TopicRule, state: ConsentState | None, outcome: Outcome
) -> None:
    verdict = rules.admit(facts(P, topic_rule=rule, topic_state=state), now=NOW)
    assert verdict.outcome is outcome


def test_an_unconfirmed_person_of_an_opt_out_topic_gets_what_is_no_promotion() -> None:
    asked = facts(R, topic_rule=TopicRule.OPT_OUT, topic_state=ConsentState.UNCONFIRMED)
    assert rules.admit(asked, now=NOW).outcome is Outcome.SEND


@pytest.mark.spec("S80")
def test_a_promotion_of_no_topic_skips_who_never_confirmed_anything() -> None:
    verdict = rules.admit(facts(P, is_never_confirmed=True), now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.DROP, Reason.NO_CONSENT)
    assert rules.admit(facts(R, is_never_confirmed=True), now=NOW).outcome is Outcome.SEND


@pytest.mark.spec("U04")
@pytest.mark.parametrize("klass", MessageClass)
def test_a_pause_of_the_persons_own_holds_what_is_not_urgent(klass: MessageClass) -> None:
    until = NOW + timedelta(days=3)
    verdict = rules.admit(facts(klass, is_paused=True, paused_until=until), now=NOW)
    if klass in {T, S}:
        assert verdict.outcome is Outcome.SEND
        return
    assert (verdict.outcome, verdict.reason) == (Outcome.POSTPONE, Reason.OWN_PAUSE)
    assert verdict.until == until
    late = facts(klass, is_paused=True, paused_until=until, expires_at=until)
    assert rules.admit(late, now=NOW).reason is Reason.EXPIRED
    assert rules.admit(facts(klass, is_paused=True), now=NOW).outcome is Outcome.DROP


@pytest.mark.spec("U04")
def test_the_persons_own_limit_counts_beside_the_caps_and_says_so() -> None:
    own = cap(2, id=0, name="", window=timedelta(days=7))
    room = facts(P, own_cap=own, history=used(30))
    assert rules.admit(room, now=NOW).outcome is Outcome.SEND
    full = facts(P, own_cap=own, history=used(30, 60))
    verdict = rules.admit(full, now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.POSTPONE, Reason.OWN_LIMIT)
    assert verdict.until == NOW - timedelta(hours=60) + timedelta(days=7)
    stricter = facts(P, own_cap=own, caps=[cap(window=timedelta(days=30))], history=used(30, 60))
    assert rules.admit(stricter, now=NOW).reason is Reason.CAPPED


STOPS = [
    ({"contact_status": None}, Outcome.DROP, Reason.INVALID_ADDRESS),
    ({"contact_status": ContactStatus.BLOCKLISTED}, Outcome.DROP, Reason.SUPPRESSED),
    ({"wrong_audience": True}, Outcome.DROP, Reason.WRONG_AUDIENCE),
    ({"address": None}, Outcome.DROP, Reason.INVALID_ADDRESS),
    ({"is_paused": True}, Outcome.DROP, Reason.OWN_PAUSE),
    ({"exclusion": Reason.EXCLUDED_SEGMENT}, Outcome.DROP, Reason.EXCLUDED_SEGMENT),
    ({"exclusion": Reason.HOLDOUT}, Outcome.DROP, Reason.HOLDOUT),
    ({"holds": {HoldKind.NOT_APPROVED: None}}, Outcome.POSTPONE, Reason.NOT_APPROVED),
    ({"holds": {HoldKind.PAUSED: None}}, Outcome.POSTPONE, Reason.PAUSED),
    ({"holds": {HoldKind.JOURNEY_EXITED: None}}, Outcome.DROP, Reason.JOURNEY_EXITED),
    ({"is_duplicate": True}, Outcome.DROP, Reason.DUPLICATE),
    ({"missing_field": "contact.first_name"}, Outcome.DROP, Reason.MISSING_DATA),
    ({"holds": {HoldKind.OPEN_TICKET: None}}, Outcome.POSTPONE, Reason.OPEN_TICKET_HOLD),
    ({"expires_at": NOW}, Outcome.DROP, Reason.EXPIRED),
    ({"quiet": QuietHours(time(9), time(13))}, Outcome.POSTPONE, Reason.QUIET_HOURS),
    (
        {"quiet": QuietHours(weekend=[5], weekend_rule=DayRule.WAIT)},
        Outcome.POSTPONE,
        Reason.HOLIDAY,
    ),
    ({"caps": [cap()], "history": used(1)}, Outcome.POSTPONE, Reason.CAPPED),
]


@pytest.mark.parametrize(("more", "outcome", "reason"), STOPS)
def test_each_check_stops_with_its_own_reason(
    more: dict[str, object], outcome: Outcome, reason: Reason
) -> None:
    verdict = rules.admit(facts(P, **more), now=NOW)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert verdict.checks[-1].passed is False
    assert all(check.passed is not False for check in verdict.checks[:-1])


def test_the_checks_are_asked_in_the_order_of_the_catalogue() -> None:
    everything: dict[str, object] = {}
    for more, _, _ in STOPS:
        everything = {**everything, **{k: v for k, v in more.items() if k not in everything}}
    order = []
    while True:
        verdict = rules.admit(facts(P, **everything), now=NOW)
        if verdict.outcome is Outcome.SEND:
            break
        order.append(verdict.checks[-1].name)
        for name in BY_CHECK[verdict.checks[-1].name]:
            everything.pop(name, None)
    assert order == [
        "recipient", "address", "own_pause", "exclusion", "approval", "duplicate", "data", "expiry",
        "quiet_hours", "cap",
    ]  # fmt: skip


BY_CHECK = {
    "recipient": ("contact_status", "wrong_audience"),
    "address": ("address",),
    "own_pause": ("is_paused",),
    "exclusion": ("exclusion",),
    "approval": ("holds",),
    "duplicate": ("is_duplicate",),
    "data": ("missing_field",),
    "ticket_hold": ("holds",),
    "expiry": ("expires_at",),
    "quiet_hours": ("quiet",),
    "holiday": ("quiet",),
    "cap": ("caps",),
}


@pytest.mark.parametrize("klass", [T, S])
def test_urgent_mail_knows_no_cap_and_no_quiet_hours(klass: MessageClass) -> None:
    stuffed = facts(klass, quiet=QuietHours(time(0), time(23, 59)), caps=[cap()], history=used(1))
    assert rules.admit(stuffed, now=NOW).outcome is Outcome.SEND


@pytest.mark.spec("U27")
def test_a_capped_mail_at_night_waits_for_both_the_slot_and_the_morning() -> None:
    night = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)  # 22:30 in Tehran
    history = [Slot(R, OUT, counted_at=night - timedelta(hours=1))]
    verdict = rules.admit(
        facts(quiet=QuietHours(time(21), time(8)), caps=[cap()], history=history), now=night
    )
    slot_free = night + timedelta(hours=23)  # 21:30 next day: quiet again
    assert verdict.until is not None
    assert verdict.until > slot_free
    assert verdict.until.astimezone(timing.ZoneInfo(TEHRAN)).time() == time(8)


def test_a_mail_that_would_come_too_late_to_be_useful_is_dropped_not_sent() -> None:
    verdict = rules.admit(
        facts(caps=[cap()], history=used(1), expires_at=NOW + timedelta(hours=2)), now=NOW
    )
    assert (verdict.outcome, verdict.reason) == (Outcome.DROP, Reason.EXPIRED)
    assert verdict.detail == Reason.CAPPED.value


ON_CAP = [
    (OnCap.DEFER, Outcome.POSTPONE),
    (OnCap.DIGEST, Outcome.DIGEST),
    (OnCap.SKIP, Outcome.DROP),
    (OnCap.DROP, Outcome.DROP),
]


@pytest.mark.spec("S85")
@pytest.mark.parametrize(("how", "outcome"), ON_CAP)
def test_a_capped_mail_does_what_it_was_told_to(how: OnCap, outcome: Outcome) -> None:
    verdict = rules.admit(facts(caps=[cap()], history=used(1), on_cap=how), now=NOW)
    assert (verdict.outcome, verdict.reason) == (outcome, Reason.CAPPED)


def test_a_rolling_window_frees_its_slot_to_the_second() -> None:
    full = capping.full(cap(2), Slot(R, OUT), used(1, 5, 20), now=NOW, zone=TEHRAN)
    assert full is not None
    assert full.free_at == NOW - timedelta(hours=5) + timedelta(days=1)


def test_a_calendar_day_ends_at_the_persons_midnight() -> None:
    rule = cap(1, window_kind=WindowKind.CALENDAR_DAY)
    late = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 23:30 in Tehran
    history = [Slot(R, OUT, counted_at=late)]
    full = capping.full(rule, Slot(R, OUT), history, now=late, zone=TEHRAN)
    assert full is not None
    assert full.free_at == datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    assert capping.full(rule, Slot(R, OUT), history, now=full.free_at, zone=TEHRAN) is None


@given(
    st.lists(st.integers(0, 20_000), max_size=40),
    st.integers(1, 4),
    st.integers(1, 7),
)
def test_sending_whenever_the_cap_allows_never_exceeds_it_in_any_window(
    minutes: list[int], limit: int, days: int
) -> None:
    rule = cap(limit, window=timedelta(days=days))
    history: list[Slot] = []
    for minute in sorted(minutes):
        moment = NOW + timedelta(minutes=minute)
        full = capping.full(rule, Slot(R, OUT), history, now=moment, zone=TEHRAN)
        if full is None:
            history.append(Slot(R, OUT, counted_at=moment))
        else:
            assert full.free_at > moment
    times = sorted(slot.counted_at for slot in history if slot.counted_at)
    for start, end in zip(times, times[limit:], strict=False):
        assert end - start >= rule.window


OVERNIGHT = QuietHours(time(22), time(8))
WAITS = [
    (OVERNIGHT, (2026, 11, 21, 12, 0), None),
    (OVERNIGHT, (2026, 11, 21, 22, 0), (2026, 11, 22, 8, 0)),
    (OVERNIGHT, (2026, 11, 22, 7, 59), (2026, 11, 22, 8, 0)),
    (OVERNIGHT, (2026, 11, 22, 8, 0), None),
    (QuietHours(time(13), time(14)), (2026, 11, 21, 13, 30), (2026, 11, 21, 14, 0)),
    (QuietHours(time(8), time(8)), (2026, 11, 21, 8, 0), None),
    (
        QuietHours(time(22), time(8), DayRule.WAIT, DayRule.WAIT, [3, 4], [date(2026, 11, 28)]),
        (2026, 11, 26, 10, 0),  # Thursday; Friday too, Saturday is a holiday
        (2026, 11, 29, 8, 0),
    ),
]


@pytest.mark.spec("U27", "N05")
@pytest.mark.parametrize(("rule", "at", "until"), WAITS)
def test_quiet_hours_weekends_and_holidays_end_at_the_next_allowed_moment(
    rule: QuietHours, at: tuple[int, ...], until: tuple[int, ...] | None
) -> None:
    zone = timing.ZoneInfo(TEHRAN)
    moment = datetime(*at, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]
    wait = timing.wait_of(rule, moment, TEHRAN)
    expected = datetime(*until, tzinfo=zone).astimezone(UTC) if until else None  # type: ignore[misc,arg-type]
    assert (wait.until if wait else None) == expected


def test_every_quiet_rule_lets_mail_go_at_last() -> None:
    always = QuietHours(weekend=range(7), weekend_rule=DayRule.WAIT)
    wait = timing.wait_of(always, NOW, TEHRAN)
    assert wait is not None
    assert wait.until - NOW < timing.LONGEST_WAIT + timedelta(days=2)
