"""Who is behind an open or a click. The signs are those of filters in use at large senders."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta

from core.reactions.terms import Hit, Judgement, ReactionKind, Sign, Surroundings, Verdict

SOONEST = timedelta(seconds=10)
"""Nobody has read a mail sooner after it was handed over; what scans mail has."""

NEAR, MANY_LINKS = timedelta(seconds=2), 3
ROUND_TIME, MANY_MAILS = timedelta(minutes=1), 20
_SCANNERS = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|monitor|headless|phantom|curl/|wget/|python-|httpx|"
    r"aiohttp|okhttp|go-http-client|java/|libwww|ruby|node-fetch|axios|barracuda|mimecast|"
    r"proofpoint|symantec|trendmicro|fireeye|safelinks|urldefense|facebookexternalhit|whatsapp|"
    r"slack|skypeuripreview|bingpreview|zgrab|masscan|nmap",
    re.IGNORECASE,
)
_PROXIES = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy|YahooCacheSystem", re.IGNORECASE)
_BARE = re.compile(r"Mozilla/[45]\.0( \(compatible\))?")
"""All that Apple's privacy proxy says of itself."""


def judge(hit: Hit, around: Surroundings) -> Judgement:
    """Return who is behind a hit: the first sign that speaks against a person, else a person."""
    for sign, is_there in _machine_signs(hit, around):
        if is_there:
            return Judgement(Verdict.MACHINE, sign)
    if hit.kind is ReactionKind.OPEN and _is_proxy(hit.agent):
        return Judgement(Verdict.UNSURE, Sign.PICTURE_PROXY)
    return Judgement(Verdict.HUMAN, Sign.NOTHING_ODD)


def _machine_signs(hit: Hit, around: Surroundings) -> tuple[tuple[Sign, bool], ...]:
    is_soon = around.sent_at is not None and hit.at - around.sent_at < SOONEST
    is_proxied_open = hit.kind is ReactionKind.OPEN and _is_proxy(hit.agent)
    return (
        (Sign.HIDDEN_LINK, hit.kind is ReactionKind.TRAP),
        (Sign.HEAD_REQUEST, hit.is_head),
        (Sign.NO_AGENT, not hit.agent.strip()),
        (Sign.SCANNER, _SCANNERS.search(hit.agent) is not None),
        (Sign.TOO_SOON, is_soon and not is_proxied_open),
        (Sign.MANY_LINKS, len(set(around.links_near)) >= MANY_LINKS),
        (Sign.ONE_NETWORK, around.mails_near >= MANY_MAILS and not is_proxied_open),
    )


def _is_proxy(agent: str) -> bool:
    return _PROXIES.search(agent) is not None or _BARE.fullmatch(agent.strip()) is not None


def counted(verdicts: Mapping[ReactionKind, Collection[Verdict]]) -> set[ReactionKind]:
    """Return what a person did with a mail: a human click is an open too, and vouches for it."""
    human = {kind for kind, found in verdicts.items() if Verdict.HUMAN in found}
    return human | {ReactionKind.OPEN} if ReactionKind.CLICK in human else human
