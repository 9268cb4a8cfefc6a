"""Note opens and clicks as they come in; judge them a moment later, when more is known.

What came in is one row, written before the answer. Verdicts, and the facts that come of human
ones, follow in batches, can be made again, and are not lost by an accident in between.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter

from sqlmodel import Session, col, delete

from core import outbox
from core.events.models import Event
from core.events.service import Fact, record_many
from core.reactions import queries, rules
from core.reactions.models import Reaction
from core.reactions.queries import Sent, Visit
from core.reactions.terms import (
    AGENT_LENGTH,
    NETWORK_LENGTH,
    Hit,
    Judgement,
    ReactionKind,
    Surroundings,
    Verdict,
)

LANE = "reactions"
SOURCE = "mail"
SETTLED_AFTER = timedelta(seconds=3)
"""By then the other links that a scanner asks for have come in too."""

NETWORK_KEPT = timedelta(days=7)
OPENED, CLICKED = "mail.opened", "mail.clicked"


def note(session: Session, hit: Hit) -> None:
    """Keep a hit; it is judged in a moment. One on a mail that is gone is dropped."""
    mail = queries.sent(session, [hit.message_id]).get(hit.message_id)
    if mail is None:
        return
    session.add(
        Reaction(
            message_id=mail.id,
            contact_id=mail.contact_id,
            kind=hit.kind,
            link_id=hit.link_id,
            at=hit.at,
            agent=hit.agent[:AGENT_LENGTH],
            network=hit.network[:NETWORK_LENGTH],
            is_head=hit.is_head,
        )
    )
    outbox.poke(session, LANE)


def has_settled(session: Session, *, now: datetime) -> bool:
    """Return whether something can be judged now; asking takes no lock."""
    return bool(queries.waiting(session, before=now - SETTLED_AFTER, limit=1))


def judge_waiting(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Judge what has settled, oldest first, and return how many were judged.

    Others are judged again where these show them in another light: earlier clicks of the same
    burst, and what the same network asked for.
    """
    batch = queries.waiting(session, before=now - SETTLED_AFTER, limit=limit)
    judge(session, {one.message_id for one in batch} | _rounds(session, batch))
    return len(batch)


def judge(session: Session, message_ids: Collection[int]) -> None:
    """Judge every reaction to these mails, and bring the facts that come of them in line.

    A verdict whose network has been forgotten stays: what spoke against a person is not known any
    more.
    """
    mails = queries.sent(session, message_ids)
    of_mail: dict[int, list[Reaction]] = {one: [] for one in mails}
    for one in queries.of_messages(session, mails.keys()):
        of_mail[one.message_id].append(one)
    visits = _visits(session, chain.from_iterable(of_mail.values()))
    for number, mine in of_mail.items():
        for one in mine:
            if one.verdict is None or one.network:
                seen = visits.get(one.network, ())
                found = _judged(one, mine, sent_at=mails[number].sent_at, visits=seen)
                one.verdict, one.sign = found.verdict, found.sign
                session.add(one)
    session.flush()
    _tell(session, mails, of_mail)


def forget_networks(session: Session, *, now: datetime) -> None:
    """Forget, a week on, where reactions came from."""
    queries.forget_networks(session, before=now - NETWORK_KEPT)


def _rounds(session: Session, batch: Sequence[Reaction]) -> set[int]:
    """Return the mails for which the networks of this batch were taken for people, wrongly.

    They are on a round, as is known only now.
    """
    found: set[int] = set()
    for network, visits in _visits(session, batch).items():
        if len({mail for _, mail in visits}) >= rules.MANY_MAILS:
            since, until = visits[0][0], visits[-1][0]
            found |= queries.mails_of(session, network, since=since, until=until)
    return found


def _visits(session: Session, reactions: Iterable[Reaction]) -> dict[str, Sequence[Visit]]:
    """Return by network what it asked for around these reactions, in the order of time."""
    times: dict[str, list[datetime]] = {}
    for one in reactions:
        times.setdefault(one.network, []).append(one.at)
    times.pop("", None)
    return {
        network: queries.visits(
            session, network, since=min(mine) - rules.ROUND_TIME, until=max(mine) + rules.ROUND_TIME
        )
        for network, mine in times.items()
    }


def _judged(
    one: Reaction, mine: Sequence[Reaction], *, sent_at: datetime | None, visits: Sequence[Visit]
) -> Judgement:
    near = [other for other in mine if abs(other.at - one.at) <= rules.NEAR]
    hit = Hit(message_id=one.message_id, kind=one.kind, at=one.at, link_id=one.link_id,
              agent=one.agent, network=one.network, is_head=one.is_head)  # fmt: skip
    links = queries.links_of(near) if one.kind is not ReactionKind.OPEN else ()
    since = bisect_left(visits, one.at - rules.ROUND_TIME, key=itemgetter(0))
    until = bisect_right(visits, one.at + rules.ROUND_TIME, key=itemgetter(0))
    mails = {mail for _, mail in visits[since:until]}
    around = Surroundings(sent_at=sent_at, links_near=links, mails_near=len(mails))
    return rules.judge(hit, around)


def _tell(
    session: Session, mails: Mapping[int, Sent], of_mail: Mapping[int, Sequence[Reaction]]
) -> None:
    """Have exactly those facts on record that the verdicts carry."""
    reactions = list(chain.from_iterable(of_mail.values()))
    urls = queries.urls(session, queries.links_of(reactions))
    facts = [fact for number, mine in of_mail.items() for fact in _facts(mails[number], mine, urls)]
    wanted = {fact.dedup_key for fact in facts}
    gone = {key for one in reactions for key in _keys(one)} - wanted
    if gone:
        told = delete(Event).where(col(Event.source) == SOURCE, col(Event.dedup_key).in_(gone))
        session.execute(told)
    record_many(session, facts)


def _keys(one: Reaction) -> set[str]:
    keys = {f"open:{one.message_id}"}
    return keys | {f"click:{one.message_id}:{one.link_id}"} if one.link_id else keys


def _facts(mail: Sent, mine: Sequence[Reaction], urls: dict[int, str]) -> list[Fact]:
    """Return what a person did with a mail: one open at most, and one click a link."""
    by_kind: dict[ReactionKind, set[Verdict]] = {}
    for one in mine:
        by_kind.setdefault(one.kind, set()).add(one.verdict or Verdict.UNSURE)
    done = rules.counted(by_kind)
    found = []
    if ReactionKind.OPEN in done:
        seen = [one.at for one in mine if one.verdict is not Verdict.MACHINE]
        found.append(_fact(mail, OPENED, f"open:{mail.id}", at=min(seen)))
    clicks: dict[int, datetime] = {}
    for one in mine:
        if one.kind is ReactionKind.CLICK and one.verdict is Verdict.HUMAN and one.link_id:
            clicks.setdefault(one.link_id, one.at)
    for link, at in clicks.items():
        key = f"click:{mail.id}:{link}"
        found.append(_fact(mail, CLICKED, key, at=at, url=urls.get(link, "")))
    return found


def _fact(mail: Sent, name: str, key: str, *, at: datetime, **properties: object) -> Fact:
    return Fact(
        name=name, source=SOURCE, dedup_key=key, occurred_at=at, subject_type="message",
        subject_id=mail.id, contact_id=mail.contact_id, department_id=mail.department_id,
        properties=properties,
    )  # fmt: skip
