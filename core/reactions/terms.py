"""Words of reactions: an open or a click as it came in, and what it is taken for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

AGENT_LENGTH, NETWORK_LENGTH = 200, 45


class ReactionKind(StrEnum):
    """What was asked for: the picture, a link, or the link nobody sees."""

    OPEN = "open"
    CLICK = "click"
    TRAP = "trap"


class Verdict(StrEnum):
    """Who is behind a reaction. Unsure ones count once the same person does something human."""

    HUMAN = "human"
    MACHINE = "machine"
    UNSURE = "unsure"


class Sign(StrEnum):
    """What a verdict rests on."""

    NOTHING_ODD = "nothing_odd"
    HEAD_REQUEST = "head_request"
    HIDDEN_LINK = "hidden_link"
    SCANNER = "scanner"
    NO_AGENT = "no_agent"
    TOO_SOON = "too_soon"
    MANY_LINKS = "many_links"
    ONE_NETWORK = "one_network"
    PICTURE_PROXY = "picture_proxy"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A request for something in a mail, as it came in. network: where from, at most an address."""

    message_id: int
    kind: ReactionKind
    at: datetime
    link_id: int | None = None
    agent: str = ""
    network: str = ""
    is_head: bool = False


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What else is known around a hit.

    sent_at: when the mail was handed over. links_near: the different links of this mail that were
    asked for within two seconds. mails_near: how many people's mails the same network asked for
    within a minute.
    """

    sent_at: datetime | None
    links_near: Collection[int] = ()
    mails_near: int = 0


@dataclass(frozen=True)
class Reacted:
    """A reaction as people read of it. url: where the link leads; verdict: None until judged."""

    kind: ReactionKind
    at: datetime
    url: str
    verdict: Verdict | None
    sign: Sign | None


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: Verdict
    sign: Sign
