"""Who is behind an open or a click, sign by sign."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reactions.rules import MANY_MAILS, SOONEST, counted, judge
from core.reactions.terms import Hit, ReactionKind, Sign, Surroundings, Verdict

K, V = ReactionKind, Verdict
SENT = datetime(2026, 11, 21, 8, tzinfo=UTC)
LATER = SENT + timedelta(hours=2)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"


def hit(kind: ReactionKind = K.CLICK, agent: str = FIREFOX, **more: object) -> Hit:
    given = {"message_id": 1, "kind": kind, "at": LATER, "agent": agent, "link_id": 1} | more
    return Hit(**given)  # type: ignore[arg-type]


def around(**more: object) -> Surroundings:
    return Surroundings(**{"sent_at": SENT} | more)  # type: ignore[arg-type]


@pytest.mark.spec("N21")
@pytest.mark.parametrize(
    ("asked", "near", "verdict", "sign"),
    [
        (hit(), around(), V.HUMAN, Sign.NOTHING_ODD),
        (hit(K.OPEN), around(), V.HUMAN, Sign.NOTHING_ODD),
        (hit(K.OPEN, OUTLOOK), around(), V.HUMAN, Sign.NOTHING_ODD),
        (hit(K.OPEN, GMAIL), around(), V.UNSURE, Sign.PICTURE_PROXY),
        (hit(K.OPEN, APPLE), around(), V.UNSURE, Sign.PICTURE_PROXY),
        (hit(K.OPEN, APPLE, at=SENT), around(), V.UNSURE, Sign.PICTURE_PROXY),
        (hit(K.OPEN, GMAIL), around(mails_near=MANY_MAILS), V.UNSURE, Sign.PICTURE_PROXY),
        (hit(K.TRAP), around(), V.MACHINE, Sign.HIDDEN_LINK),
        (hit(is_head=True), around(), V.MACHINE, Sign.HEAD_REQUEST),
        (hit(agent=""), around(), V.MACHINE, Sign.NO_AGENT),
        (hit(agent="curl/8.5.0"), around(), V.MACHINE, Sign.SCANNER),
        (hit(agent="Mozilla/5.0 (compatible; bingbot/2.0)"), around(), V.MACHINE, Sign.SCANNER),
        (hit(agent="Mozilla/5.0 HeadlessChrome/129.0"), around(), V.MACHINE, Sign.SCANNER),
        (hit(at=SENT + SOONEST / 2), around(), V.MACHINE, Sign.TOO_SOON),
        (hit(at=SENT + SOONEST), around(), V.HUMAN, Sign.NOTHING_ODD),
        (hit(), around(links_near=[1, 2]), V.HUMAN, Sign.NOTHING_ODD),
        (hit(), around(links_near=[1, 2, 3]), V.MACHINE, Sign.MANY_LINKS),
        (hit(), around(links_near=[1, 1, 1]), V.HUMAN, Sign.NOTHING_ODD),
        (hit(), around(mails_near=MANY_MAILS - 1), V.HUMAN, Sign.NOTHING_ODD),
        (hit(), around(mails_near=MANY_MAILS), V.MACHINE, Sign.ONE_NETWORK),
        (hit(), around(sent_at=None), V.HUMAN, Sign.NOTHING_ODD),
    ],
)
def test_a_reaction_is_a_persons_unless_a_sign_speaks_against_it(
    asked: Hit, near: Surroundings, verdict: Verdict, sign: Sign
) -> None:
    found = judge(asked, near)
    assert (found.verdict, found.sign) == (verdict, sign)


@pytest.mark.parametrize(
    ("verdicts", "done"),
    [
        ({K.OPEN: {V.UNSURE}}, set()),
        ({K.OPEN: {V.MACHINE}, K.CLICK: {V.MACHINE}}, set()),
        ({K.OPEN: {V.UNSURE}, K.CLICK: {V.HUMAN}}, {K.OPEN, K.CLICK}),
        ({K.CLICK: {V.HUMAN, V.MACHINE}}, {K.OPEN, K.CLICK}),
        ({K.OPEN: {V.HUMAN}, K.CLICK: {V.MACHINE}}, {K.OPEN}),
    ],
)
def test_only_a_person_counts_and_whoever_clicked_has_opened(
    verdicts: dict[ReactionKind, set[Verdict]], done: set[ReactionKind]
) -> None:
    assert counted(verdicts) == done


@given(st.text(max_size=300))
def test_whatever_a_client_says_of_itself_is_judged(agent: str) -> None:
    assert judge(hit(K.OPEN, agent), around()).verdict in Verdict
