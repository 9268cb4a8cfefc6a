"""What an answer means, when to try again, and when to leave a server alone."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.delivery.terms import FailureKind, Stage

RETRY_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
JITTER = 0.2
GREYLIST_DELAY = timedelta(minutes=5)
LIFE = timedelta(hours=48)
LIFE_BY_CLASS = {"transactional": timedelta(hours=24)}

BREAKER_WINDOW = timedelta(seconds=60)
BREAKER_LIMIT = 5
PROBE_EVERY = timedelta(seconds=60)

_FAILURES = range(400, 600)
_TEMPORARY = range(400, 500)
_GOODBYE = 421
_GREY_CODE = 451
_GREY_STATUS = (450, "4.7.1")
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
_TOO_BIG = 552
_BEFORE_MAIL = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH})
_ABOUT_THE_SENDER = _BEFORE_MAIL | {Stage.MAIL}
# Two subjects of RFC 3463 that blame the sender, though servers often say them only at RCPT.
_SENDER_STATUS = frozenset({"5.1.7", "5.1.8"})
# 5.7.x that speak of one mailbox (closed lists, a new owner), not of the sender's standing.
_MAILBOX_POLICY = frozenset(
    {"5.7.2", "5.7.17", "5.7.18", "5.7.124", "5.7.129"} | {f"5.7.{n}" for n in range(133, 137)}
)
_SAYS_NOTHING = "5.0.0"
_HARD_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.10", "5.4.4"})
_HARD_CODES = frozenset({550, 551, 553})
_POLICY_WORDS = re.compile(
    r"relay|block ?list|black ?list|spamhaus|spamcop|barracuda|\bs(pf|pam)\b|\bdkim\b|\bdmarc\b"
    r"|reputation|rate limit|not authori[sz]ed to send|reverse dns|\bptr\b",
    re.IGNORECASE,
)
_UNKNOWN_WORDS = re.compile(
    r"(user|mailbox|recipient|address|account|alias)\b.{0,40}"
    r"(unknown|not found|does(n't| not) exist|not exist|no longer|invalid|rejected: undeliverable)"
    r"|no such (user|mailbox|recipient|person|address)|unknown (user|mailbox|recipient|address)",
    re.IGNORECASE,
)
_GREY_WORDS = re.compile(r"gr[ae]y.?list", re.IGNORECASE)


def classify(stage: Stage, code: int | None, *, enhanced: str = "", text: str = "") -> FailureKind:
    """Return what a refusal means. `code` None, or no SMTP failure code, is "no usable answer"."""
    if code not in _FAILURES:
        return FailureKind.IN_DOUBT if stage is Stage.DOT else FailureKind.CONNECTION
    if code == _GOODBYE:
        return FailureKind.CONNECTION
    if code in _TEMPORARY:
        return FailureKind.CONNECTION if stage in _BEFORE_MAIL else FailureKind.TEMPORARY
    if stage is Stage.MAIL and (code == _TOO_BIG or enhanced.startswith("5.3.4")):
        return FailureKind.PERMANENT
    is_ours = stage in _ABOUT_THE_SENDER or code in _SIGN_IN_CODES or _is_policy(enhanced, text)
    return FailureKind.SENDER if is_ours else FailureKind.PERMANENT


def _is_policy(enhanced: str, text: str) -> bool:
    if enhanced in _SENDER_STATUS:
        return True
    if enhanced and enhanced != _SAYS_NOTHING:
        return enhanced.startswith("5.7.") and enhanced not in _MAILBOX_POLICY
    return _POLICY_WORDS.search(text) is not None


def is_hard_bounce(code: int, enhanced: str = "", text: str = "") -> bool:
    """Return whether a refusal of the recipient says that the address does not exist.

    Only then may the address be suppressed: by real mails, "every 5.x.x is hard" is wrong in
    half of the cases.
    """
    if enhanced and enhanced != _SAYS_NOTHING:
        return enhanced in _HARD_STATUS
    return code in _HARD_CODES and _UNKNOWN_WORDS.search(text) is not None


def is_greylisting(code: int, enhanced: str = "", text: str = "") -> bool:
    """Return whether a temporary refusal is the kind that an early retry only prolongs."""
    if _GREY_WORDS.search(text):
        return code in _TEMPORARY
    return code == _GREY_CODE or (code, enhanced) == _GREY_STATUS


def next_attempt(
    attempt: int,
    klass: str,
    *,
    first_tried_at: datetime,
    now: datetime,
    jitter_seed: int,
    greylisted: bool,
) -> datetime | None:
    """Return when to try again after the `attempt`-th (1-based) try failed; None to give up.

    The last try falls on the end of the mail's life, so that nothing is given up early. The same
    seed and attempt give the same answer, so that two workers agree.
    """
    end = first_tried_at + LIFE_BY_CLASS.get(klass, LIFE)
    if now >= end:
        return None
    delay = RETRY_DELAYS[min(max(attempt, 1), len(RETRY_DELAYS)) - 1]
    delay *= 1 + JITTER * _swing(jitter_seed, attempt)
    if greylisted:
        delay = max(delay, GREYLIST_DELAY)
    return min(now + delay, end)


def _swing(seed: int, attempt: int) -> float:
    """Return a number from -1 to 1 that looks random and is always the same for this pair."""
    digest = hashlib.blake2b(f"{seed}/{attempt}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFF_FFFF * 2 - 1


@dataclass(frozen=True)
class Breaker:
    """The memory of one provider: recent failures, since when it is open, when last probed."""

    failures: tuple[datetime, ...] = ()
    opened_at: datetime | None = None
    probed_at: datetime | None = None


def after_failure(breaker: Breaker, now: datetime) -> Breaker:
    """Return the breaker after a failed connection or sign-in; the fifth in 60 s opens it."""
    if breaker.opened_at:
        return replace(breaker, probed_at=now)
    recent = (moment for moment in breaker.failures if abs(now - moment) < BREAKER_WINDOW)
    failures = (*recent, now)
    opened_at = now if len(failures) >= BREAKER_LIMIT else None
    return Breaker(failures=failures, opened_at=opened_at)


def after_success(_breaker: Breaker) -> Breaker:
    """Return the closed breaker: one good conversation forgives all."""
    return Breaker()


def may_try(breaker: Breaker, now: datetime) -> bool:
    """Return whether a conversation may begin: any while closed, one each 60 s while open.

    The distance is taken without its sign: a clock set back must not silence a provider for hours.
    """
    if not breaker.opened_at:
        return True
    return abs(now - (breaker.probed_at or breaker.opened_at)) >= PROBE_EVERY


def begin_probe(breaker: Breaker, now: datetime) -> Breaker:
    """Return the breaker with its one probe taken, so that other workers wait for the result."""
    return replace(breaker, probed_at=now) if breaker.opened_at else breaker
