"""Admission: facts about one message in, one verdict with one reason out. Pure.

The order of the checks is the catalogue's (features, section 3, point 9), and each leaves a line
in the checklist, so that "why?" can be answered in words.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.consent.terms import ConsentState, SuppressionReason, TopicRule
from core.contacts.terms import Audience, ContactStatus
from core.messages import capping, timing
from core.messages.capping import Cap, Full, Slot
from core.messages.terms import (
    CAPPED_CLASSES,
    Check,
    HoldKind,
    OnCap,
    Outcome,
    Reason,
    Verdict,
)
from core.messages.timing import QuietHours, Wait
from core.templates.terms import MessageClass

T, S = MessageClass.TRANSACTIONAL, MessageClass.SERVICE
ALL_CLASSES = frozenset(MessageClass)
NOT_URGENT = frozenset({MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL})
PROMOTIONAL = frozenset({MessageClass.PROMOTIONAL})

BLOCKS: Mapping[SuppressionReason, frozenset[MessageClass]] = {
    SuppressionReason.ERASED: ALL_CLASSES,
    SuppressionReason.HARD_BOUNCE: ALL_CLASSES,
    SuppressionReason.COMPLAINT: NOT_URGENT,
    SuppressionReason.MANUAL: NOT_URGENT,
    SuppressionReason.UNSUBSCRIBED: NOT_URGENT,
    SuppressionReason.INACTIVE: PROMOTIONAL,
}
"""Which classes a suppression stops (decisions, 9); staff who unsubscribed still get relationship
mail unless they withdrew from its topic."""

HOLD_REASONS: Mapping[HoldKind, Reason] = {
    HoldKind.OPEN_TICKET: Reason.OPEN_TICKET_HOLD,
    HoldKind.NOT_APPROVED: Reason.NOT_APPROVED,
    HoldKind.PAUSED: Reason.PAUSED,
    HoldKind.JOURNEY_EXITED: Reason.JOURNEY_EXITED,
}
HOLD_RETRY = timedelta(minutes=15)
MAX_ROUNDS = 50


@dataclass(frozen=True)
class Facts:
    """Everything admission looks at, gathered before; nothing is read while deciding."""

    klass: MessageClass
    audience: Audience
    slot: Slot
    zone: str
    on_cap: OnCap = OnCap.DEFER
    contact_status: ContactStatus | None = ContactStatus.ENABLED
    address: str | None = None
    suppressions: Collection[SuppressionReason] = ()
    topic_rule: TopicRule | None = None
    topic_state: ConsentState | None = None
    is_never_confirmed: bool = False
    is_paused: bool = False
    paused_until: datetime | None = None
    own_cap: Cap | None = None
    exclusion: Reason | None = None
    holds: Mapping[HoldKind, datetime | None] = field(default_factory=dict)
    is_duplicate: bool = False
    missing_field: str | None = None
    wrong_audience: bool = False
    expires_at: datetime | None = None
    quiet: QuietHours = field(default_factory=QuietHours)
    caps: Sequence[Cap] = ()
    history: Sequence[Slot] = ()
    is_digest: bool = False
    is_reserved: bool = False


@dataclass
class _Run:
    """The checklist as it grows."""

    facts: Facts
    now: datetime
    checks: list[Check] = field(default_factory=list)

    def passed(self, name: str, **values: object) -> None:
        self.checks.append(Check(name, passed=True, values=values))

    def skipped(self, name: str, **values: object) -> None:
        self.checks.append(Check(name, passed=None, values=values))

    def failed(
        self, name: str, outcome: Outcome, reason: Reason, *, detail: str = "", **values: object
    ) -> Verdict:
        self.checks.append(Check(name, passed=False, values=values))
        return Verdict(outcome, reason, detail, checks=tuple(self.checks))


def admit(facts: Facts, *, now: datetime) -> Verdict:
    """Return whether the message may leave now, waits, joins a digest or is dropped, and why."""
    run = _Run(facts, now)
    for check in (_recipient, _address, _suppression, _consent, _own_pause, _exclusion,
                  _approval, _duplicate, _data, _ticket, _expiry, _timing):  # fmt: skip
        verdict = check(run)
        if verdict is not None:
            return verdict
    return Verdict(Outcome.SEND, Reason.SENT, checks=tuple(run.checks))


def blocking(klass: MessageClass, audience: Audience) -> frozenset[SuppressionReason]:
    """Return the suppression reasons that stop this class for this audience."""
    is_staff_mail = klass is MessageClass.RELATIONSHIP and audience is Audience.INTERNAL
    stops = {reason for reason, classes in BLOCKS.items() if klass in classes}
    if is_staff_mail:
        stops.discard(SuppressionReason.UNSUBSCRIBED)
    return frozenset(stops)


def _recipient(run: _Run) -> Verdict | None:
    status = run.facts.contact_status
    if status is not ContactStatus.ENABLED:
        shown = "missing" if status is None else status.value
        reason = Reason.SUPPRESSED if status else Reason.INVALID_ADDRESS
        return run.failed("recipient", Outcome.DROP, reason, detail=shown, status=shown)
    if run.facts.wrong_audience:
        return run.failed("recipient", Outcome.DROP, Reason.WRONG_AUDIENCE,
                          audience=run.facts.audience.value)  # fmt: skip
    run.passed("recipient", status=status.value)
    return None


def _address(run: _Run) -> Verdict | None:
    if not run.facts.address:
        return run.failed("address", Outcome.DROP, Reason.INVALID_ADDRESS)
    run.passed("address", address=run.facts.address)
    return None


def _suppression(run: _Run) -> Verdict | None:
    stops = blocking(run.facts.klass, run.facts.audience)
    found = next((one for one in SuppressionReason if one in run.facts.suppressions
                  and one in stops), None)  # fmt: skip
    if found is not None:
        return run.failed("suppression", Outcome.DROP, Reason.SUPPRESSED, detail=found.value,
                          suppression=found.value)  # fmt: skip
    run.passed("suppression", passed_over=sorted(one.value for one in run.facts.suppressions))
    return None


def _consent(run: _Run) -> Verdict | None:
    facts = run.facts
    is_promotion = facts.klass is MessageClass.PROMOTIONAL
    if facts.topic_rule is None and is_promotion and facts.is_never_confirmed:
        state = ConsentState.UNCONFIRMED.value
        return run.failed("consent", Outcome.DROP, Reason.NO_CONSENT, detail=state, state=state)
    if facts.topic_rule is None or facts.klass in {T, S}:
        run.skipped("consent")
        return None
    withdrawn = facts.topic_state is ConsentState.UNSUBSCRIBED
    is_unconfirmed = facts.topic_state is ConsentState.UNCONFIRMED
    needs_yes = facts.topic_rule is TopicRule.OPT_IN or (is_unconfirmed and is_promotion)
    state = facts.topic_state.value if facts.topic_state else "none"
    if withdrawn or (needs_yes and facts.topic_state is not ConsentState.CONFIRMED):
        return run.failed("consent", Outcome.DROP, Reason.NO_CONSENT, detail=state, state=state)
    run.passed("consent", state=state)
    return None


def _own_pause(run: _Run) -> Verdict | None:
    """A pause of the person's own: mail waits for its end; without an end it is dropped."""
    facts = run.facts
    if facts.klass not in CAPPED_CLASSES:
        run.skipped("own_pause")
        return None
    if not facts.is_paused:
        run.passed("own_pause")
        return None
    until = facts.paused_until
    if until is None:
        return run.failed("own_pause", Outcome.DROP, Reason.OWN_PAUSE)
    verdict = run.failed("own_pause", Outcome.POSTPONE, Reason.OWN_PAUSE, until=until.isoformat())
    return _postponed(verdict, until, facts=facts)


def _exclusion(run: _Run) -> Verdict | None:
    if run.facts.exclusion is not None:
        return run.failed("exclusion", Outcome.DROP, run.facts.exclusion)
    run.passed("exclusion")
    return None


def _approval(run: _Run) -> Verdict | None:
    return _held(run, "approval", (HoldKind.JOURNEY_EXITED, HoldKind.NOT_APPROVED, HoldKind.PAUSED))


def _duplicate(run: _Run) -> Verdict | None:
    if run.facts.is_duplicate:
        return run.failed("duplicate", Outcome.DROP, Reason.DUPLICATE)
    run.passed("duplicate")
    return None


def _data(run: _Run) -> Verdict | None:
    if run.facts.missing_field:
        name = run.facts.missing_field
        return run.failed("data", Outcome.DROP, Reason.MISSING_DATA, detail=name, field=name)
    run.passed("data")
    return None


def _ticket(run: _Run) -> Verdict | None:
    if run.facts.klass is not MessageClass.PROMOTIONAL:
        run.skipped("ticket_hold")
        return None
    return _held(run, "ticket_hold", (HoldKind.OPEN_TICKET,))


def _held(run: _Run, name: str, kinds: Sequence[HoldKind]) -> Verdict | None:
    kind = next((one for one in kinds if one in run.facts.holds), None)
    if kind is None:
        run.passed(name)
        return None
    if kind is HoldKind.JOURNEY_EXITED:
        return run.failed(name, Outcome.DROP, HOLD_REASONS[kind])
    until = run.facts.holds[kind] or run.now + HOLD_RETRY
    verdict = run.failed(name, Outcome.POSTPONE, HOLD_REASONS[kind])
    return _postponed(verdict, until)


def _expiry(run: _Run) -> Verdict | None:
    expires_at = run.facts.expires_at
    if expires_at is not None and run.now >= expires_at:
        return run.failed("expiry", Outcome.DROP, Reason.EXPIRED, until=expires_at.isoformat())
    run.passed("expiry", until=expires_at.isoformat() if expires_at else None)
    return None


def _timing(run: _Run) -> Verdict | None:
    """Quiet hours and caps are asked in turn until both allow the same moment."""
    facts = run.facts
    if facts.klass not in CAPPED_CLASSES:
        run.skipped("quiet_hours", exempt=facts.klass.value)
        run.skipped("cap", exempt=facts.klass.value)
        return None
    wait = timing.wait_of(facts.quiet, run.now, facts.zone)
    cap = _full(facts, run.now)
    if wait is None:
        run.passed("quiet_hours", zone=facts.zone)
    if wait is None and cap is None:
        run.passed("cap", rules=len(facts.caps), used=len(facts.history))
        return None
    if wait is None and cap is not None:
        return _capped(run, cap)
    assert wait is not None  # noqa: S101 - one of the two is set here
    return _too_early(run, wait)


def _full(facts: Facts, moment: datetime) -> Full | None:
    if facts.is_digest or facts.is_reserved:
        return None
    caps = [*facts.caps, facts.own_cap] if facts.own_cap else facts.caps
    return capping.strictest(caps, facts.slot, facts.history, now=moment, zone=facts.zone)


def _capped(run: _Run, cap: Full) -> Verdict:
    how = cap.cap.on_cap or run.facts.on_cap
    name = cap.cap.name
    seen: dict[str, Any] = {"rule": name, "limit": cap.cap.limit, "used": cap.used_count,
                            "until": cap.free_at.isoformat()}  # fmt: skip
    outcome = {OnCap.DEFER: Outcome.POSTPONE, OnCap.DIGEST: Outcome.DIGEST}.get(how, Outcome.DROP)
    if cap.cap is run.facts.own_cap:
        verdict = run.failed("own_limit", outcome, Reason.OWN_LIMIT, **seen)
    else:
        verdict = run.failed("cap", outcome, Reason.CAPPED, detail=name, **seen)
    if outcome is Outcome.POSTPONE:
        return _postponed(verdict, _settled(run.facts, cap.free_at), facts=run.facts)
    return Verdict(verdict.outcome, verdict.reason, verdict.detail, checks=verdict.checks,
                   cap_rule_id=cap.cap.id)  # fmt: skip


def _too_early(run: _Run, wait: Wait) -> Verdict:
    until = _settled(run.facts, wait.until)
    name = "holiday" if wait.reason is Reason.HOLIDAY else "quiet_hours"
    verdict = run.failed(name, Outcome.POSTPONE, wait.reason, zone=run.facts.zone,
                         until=until.isoformat())  # fmt: skip
    return _postponed(verdict, until, facts=run.facts)


def _settled(facts: Facts, moment: datetime) -> datetime:
    """Return the first moment at or after this one that neither quiet hours nor a cap forbids."""
    for _ in range(MAX_ROUNDS):
        wait = timing.wait_of(facts.quiet, moment, facts.zone)
        cap = None if wait else _full(facts, moment)
        if wait is None and cap is None:
            break
        moment = wait.until if wait else cap.free_at  # type: ignore[union-attr]
    return moment


def _postponed(verdict: Verdict, until: datetime, *, facts: Facts | None = None) -> Verdict:
    """Return the verdict with its moment; dropped where it would come too late to be useful."""
    if facts is not None and facts.expires_at is not None and until >= facts.expires_at:
        return Verdict(Outcome.DROP, Reason.EXPIRED, verdict.reason.value, until, verdict.checks)
    return Verdict(verdict.outcome, verdict.reason, verdict.detail, until, verdict.checks)
