"""What a server's answer means, and when to try again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.rules import (
    LIFE,
    LIFE_BY_CLASS,
    classify,
    is_greylisting,
    is_hard_bounce,
    next_attempt,
)
from core.delivery.terms import DeliveryError, FailureKind, Stage

T, P, S = FailureKind.TEMPORARY, FailureKind.PERMANENT, FailureKind.SENDER
D, C = FailureKind.IN_DOUBT, FailureKind.CONNECTION
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "text", "kind"),
    [
        (Stage.CONNECT, None, "", "", C),
        (Stage.RCPT, None, "", "", C),
        (Stage.BODY, None, "", "", C),
        (Stage.DOT, None, "", "", D),
        (Stage.DOT, 354, "", "", D),
        (Stage.RCPT, 250, "", "", C),
        (Stage.CONNECT, 421, "4.3.2", "shutting down", C),
        (Stage.RCPT, 421, "4.7.0", "too many connections", C),
        (Stage.DOT, 421, "", "", C),
        (Stage.CONNECT, 450, "", "", C),
        (Stage.EHLO, 451, "", "", C),
        (Stage.TLS, 454, "4.7.0", "TLS not available", C),
        (Stage.AUTH, 454, "4.7.0", "temporary authentication failure", C),
        (Stage.MAIL, 450, "", "", T),
        (Stage.RCPT, 450, "4.7.1", "greylisted", T),
        (Stage.RCPT, 451, "", "", T),
        (Stage.RCPT, 452, "4.2.2", "mailbox full", T),
        (Stage.DATA, 451, "4.3.0", "", T),
        (Stage.DOT, 451, "4.3.0", "", T),
        (Stage.CONNECT, 554, "5.7.1", "no SMTP service here", S),
        (Stage.CONNECT, 554, "", "", S),
        (Stage.EHLO, 550, "", "", S),
        (Stage.TLS, 502, "", "", S),
        (Stage.AUTH, 535, "5.7.8", "authentication failed", S),
        (Stage.MAIL, 530, "5.7.0", "authentication required", S),
        (Stage.MAIL, 550, "5.1.8", "sender domain does not exist", S),
        (Stage.MAIL, 553, "", "sender address rejected", S),
        (Stage.MAIL, 552, "5.3.4", "message too big", P),
        (Stage.RCPT, 530, "", "", S),
        (Stage.RCPT, 550, "5.1.1", "user unknown", P),
        (Stage.RCPT, 550, "", "", P),
        (Stage.RCPT, 551, "5.1.6", "has moved", P),
        (Stage.RCPT, 552, "5.2.2", "mailbox full", P),
        (Stage.RCPT, 500, "5.3.0", "command failed", P),
        (Stage.RCPT, 550, "5.1.8", "sender domain unknown", S),
        (Stage.RCPT, 554, "5.7.1", "relay access denied", S),
        (Stage.RCPT, 550, "", "relaying denied", S),
        (Stage.RCPT, 554, "", "blocked using zen.spamhaus.org", S),
        (Stage.RCPT, 550, "5.7.133", "sender not authenticated for group", P),
        (Stage.RCPT, 550, "5.7.17", "mailbox owner has changed", P),
        (Stage.DATA, 554, "5.5.1", "no valid recipients", P),
        (Stage.DOT, 554, "5.6.0", "content refused", P),
        (Stage.DOT, 552, "5.3.4", "too big", P),
        (Stage.DOT, 550, "5.7.1", "message looks like spam", S),
        (Stage.DOT, 554, "", "SPF check failed", S),
        (Stage.BODY, 550, "5.3.0", "", P),
    ],
)
def test_an_answer_means_what_the_table_says(
    *, stage: Stage, code: int | None, enhanced: str, text: str, kind: FailureKind
) -> None:
    assert classify(stage, code, enhanced=enhanced, text=text) is kind


@pytest.mark.parametrize("enhanced", ["5.7.515", "5.7.26", "5.7.1", "5.7.23", "5.7.25", "5.7.509"])
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_distrust_of_our_domain_blames_the_sender_and_suppresses_nobody(
    stage: Stage, enhanced: str
) -> None:
    text = f"{enhanced} Access denied, sending domain does not meet the required level"
    assert classify(stage, 550, enhanced=enhanced, text=text) is S
    assert not is_hard_bounce(550, enhanced, text)


@given(
    stage=st.sampled_from(Stage),
    code=st.none() | st.integers(-10, 10_000),
    enhanced=st.text(max_size=10),
    text=st.text(max_size=80),
)
def test_no_answer_is_without_meaning_and_only_the_dot_leaves_doubt(
    *, stage: Stage, code: int | None, enhanced: str, text: str
) -> None:
    kind = classify(stage, code, enhanced=enhanced, text=text)
    is_clear = code is not None and 400 <= code < 600
    assert (kind is D) == (stage is Stage.DOT and not is_clear)
    if is_clear and code is not None and code < 500:
        assert kind in {T, C}
    if is_clear and code is not None and code >= 500:
        assert kind in {P, S}


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "is_hard"),
    [
        (550, "5.1.1", "user unknown", True),
        (550, "5.1.2", "", True),
        (556, "5.1.10", "null MX", True),
        (550, "5.4.4", "unable to route", True),
        (550, "5.2.1", "mailbox disabled", False),
        (552, "5.2.2", "user's mailbox is full: user unknown", False),
        (550, "5.7.1", "recipient rejected", False),
        (550, "5.0.0", "No such user here", True),
        (550, "", "The email account that you tried to reach does not exist", True),
        (550, "", "Requested action not taken: mailbox unavailable", False),
        (554, "", "user unknown", False),
        (450, "4.1.1", "user unknown", False),
        (451, "", "user unknown", False),
    ],
)
def test_only_an_address_that_does_not_exist_is_a_hard_bounce(
    code: int, enhanced: str, text: str, *, is_hard: bool
) -> None:
    assert is_hard_bounce(code, enhanced, text) is is_hard


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "is_grey"),
    [
        (450, "4.7.1", "", True),
        (451, "", "", True),
        (451, "4.3.0", "", True),
        (450, "", "Greylisted, see you later", True),
        (421, "", "grey-listing in action", True),
        (450, "4.2.1", "mailbox busy", False),
        (452, "4.2.2", "mailbox full", False),
        (550, "", "greylist me not", False),
    ],
)
def test_greylisting_is_known_by_its_codes_and_its_name(
    code: int, enhanced: str, text: str, *, is_grey: bool
) -> None:
    assert is_greylisting(code, enhanced, text) is is_grey


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 240), (9, 240), (0, 1)]
)
def test_the_waits_grow_and_swing_by_a_fifth(attempt: int, minutes: int) -> None:
    waits = [
        next_attempt(
            attempt, "promotional", first_tried_at=START, now=START, jitter_seed=seed,
            greylisted=False,
        )
        for seed in range(500)
    ]  # fmt: skip
    spans = [(wait - START) / MINUTE for wait in waits if wait]
    assert len(spans) == 500
    assert minutes * 0.8 <= min(spans) < minutes * 0.82
    assert minutes * 1.18 < max(spans) <= minutes * 1.2


@given(
    attempt=st.integers(1, 40),
    klass=st.sampled_from(["transactional", "service", "relationship", "promotional"]),
    age=st.timedeltas(timedelta(0), timedelta(hours=60)),
    seed=st.integers(0, 2**63 - 1),
    greylisted=st.booleans(),
)
def test_a_mail_is_tried_until_the_end_of_its_life_and_no_longer(
    *, attempt: int, klass: str, age: timedelta, seed: int, greylisted: bool
) -> None:
    now = START + age
    end = START + LIFE_BY_CLASS.get(klass, LIFE)
    found = next_attempt(
        attempt, klass, first_tried_at=START, now=now, jitter_seed=seed, greylisted=greylisted
    )
    assert (found is None) == (now >= end)
    if found:
        assert now < found <= end
        assert not greylisted or found == end or found - now >= 5 * MINUTE


def test_a_transactional_mail_is_given_up_after_a_day_and_others_after_two() -> None:
    for klass, hours in [("transactional", 24), ("service", 48), ("promotional", 48)]:
        for now, is_over in [(hours - 0.01, False), (hours, True)]:
            found = next_attempt(
                9, klass, first_tried_at=START, now=START + timedelta(hours=now), jitter_seed=1,
                greylisted=False,
            )  # fmt: skip
            assert (found is None) is is_over


def test_a_servers_words_are_cut_and_carry_no_control_signs() -> None:
    error = DeliveryError(
        "smtp.try_later", kind=T, stage=Stage.RCPT, text="\x1b[31m<script>\r\n\u202e" + "x" * 2_000
    )
    assert len(error.text) == 512
    assert error.text.isprintable()
    assert error.text.startswith(" [31m<script>   x")
