"""Decisions about topics and the consent ledger. Pure."""

import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from core.consent.terms import DomainLists, DomainVerdict, ThrowawayRule, TopicInput
from core.errors import Invalid
from core.i18n.terms import Language
from core.i18n.text import stored_line

NAME_LIMIT, PROMISE_LIMIT = 80, 300
LONGEST_PAUSE_DAYS = 366
THROWAWAY_DOMAINS = frozenset({
    "10minutemail.com", "10minutemail.net", "burnermail.io", "byom.de",
    "discard.email", "discardmail.com", "dispostable.com", "emailondeck.com", "fakeinbox.com",
    "fakemail.net", "getairmail.com", "getnada.com", "grr.la", "guerrillamail.biz",
    "guerrillamail.com", "guerrillamail.de", "guerrillamail.info", "guerrillamail.net",
    "guerrillamail.org", "guerrillamailblock.com", "harakirimail.com", "inboxkitten.com",
    "incognitomail.org", "mail-temp.com", "mail.tm", "mailcatch.com", "maildrop.cc",
    "mailexpire.com", "mailinator.com", "mailinator.net", "mailnesia.com", "mailnull.com",
    "mailpoof.com", "mailsac.com", "mintemail.com", "moakt.cc", "moakt.com", "mohmal.com",
    "mytemp.email", "mytrashmail.com", "sharklasers.com", "spam4.me", "spambox.us",
    "spamgourmet.com", "temp-mail.io", "temp-mail.org", "tempail.com", "tempinbox.com",
    "tempmail.net", "tempmailo.com", "throwawaymail.com", "trash-mail.com", "trashmail.com",
    "trashmail.de", "trashmail.net", "wegwerfmail.de", "yopmail.com", "yopmail.fr", "yopmail.net",
})  # fmt: skip
"""Well-known services of throwaway mailboxes, by the addresses they offer themselves under."""

FEWEST_ANSWER_DAYS, MOST_ANSWER_DAYS = 1, 90
MOST_PER_PERIOD = 100


CONTENT = ("contact_id", "topic_id", "state", "basis", "text_version", "source", "ip", "at",
           "actor")  # fmt: skip
"""What a seal covers, in this order."""


def seal(key: bytes, content: Mapping[str, object], *, previous: str) -> str:
    """Return the keyed hash over a step and the seal of the person's step before it."""
    told = [*(_plain(content[name]) for name in CONTENT), previous]
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.digest(key, body, "sha256").hex()


def sealer(key: bytes, shared: Mapping[str, object]) -> Callable[[int, str], str]:
    """Return what seals steps that differ by person and previous seal alone.

    It makes the very seals that `seal` makes, without putting the same words together anew.
    """
    told = json.dumps([_plain(shared[name]) for name in CONTENT[1:]], ensure_ascii=False,
                      separators=(",", ":"))[1:-1]  # fmt: skip

    def sealed(contact_id: int, previous: str) -> str:
        body = f'[{contact_id},{told},"{previous}"]'.encode()
        return hmac.digest(key, body, "sha256").hex()

    return sealed


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def is_sealed(
    keys: Iterable[bytes], content: Mapping[str, object], *, previous: str, found: str
) -> bool:
    """Return whether the seal was made over these contents with a key of ours."""
    made = (seal(key, content, previous=previous) for key in keys)
    return any(hmac.compare_digest(one, found) for one in made)


def checked_topic(given: TopicInput) -> dict[str, object]:
    """Return the columns of a topic that can be kept; raises Invalid `topic.*` at the field."""
    names = _texts(given.names, limit=NAME_LIMIT, field="names")
    promises = _texts(given.promises, limit=PROMISE_LIMIT, field="promises")
    if not names:
        raise Invalid("topic.no_name", field="names")
    if given.is_public and set(names) - set(promises):
        raise Invalid("topic.no_promise", field="promises")
    return {
        "names": names,
        "promises": promises,
        "klass": given.klass,
        "rule": given.rule,
        "department_id": given.department_id,
        "is_visible": given.is_visible,
        "is_public": given.is_public,
        "is_double": given.is_double,
    }


def _texts(given: Mapping[str, str], *, limit: int, field: str) -> dict[str, str]:
    known = {Language(code).value: stored_line(text) for code, text in given.items()}
    kept = {code: text for code, text in known.items() if text}
    if any(len(text) > limit for text in kept.values()):
        raise Invalid("topic.too_long", field=field, limit=limit)
    return kept


def words_of(names: Mapping[str, str], promises: Mapping[str, str]) -> dict[str, str]:
    """Return what a person agrees to, by language: the name, and what was promised with it."""
    return {
        code: f"{name}: {promises[code]}" if promises.get(code) else name
        for code, name in names.items()
    }


def in_language(texts: Mapping[str, str], wanted: Sequence[Language]) -> str:
    """Return the text in the first of these languages that has one, else in any."""
    codes = [*(one.value for one in wanted), *(one.value for one in Language)]
    return next((texts[code] for code in codes if texts.get(code)), "")


def checked_days(days: int) -> int:
    """Return how long an answer may take; raises Invalid `privacy.answer_days`."""
    if not FEWEST_ANSWER_DAYS <= days <= MOST_ANSWER_DAYS:
        raise Invalid("privacy.answer_days", field="answer_days", least=FEWEST_ANSWER_DAYS,
                      most=MOST_ANSWER_DAYS)  # fmt: skip
    return days


def judged(domain: str, lists: DomainLists) -> DomainVerdict:
    """Return whether somebody with an address there is taken in; the closest name decides.

    A name on a list speaks for all that lies under it, unless a longer one says otherwise.
    """
    names = list(_names(domain))
    for name in names:
        if name in lists.allowed:
            return DomainVerdict.TAKE
        if name in lists.blocked:
            return DomainVerdict.BLOCKED
    if lists.takes_only_allowed:
        return DomainVerdict.UNLISTED
    return _BY_RULE[lists.throwaway] if is_throwaway(domain) else DomainVerdict.TAKE


def is_throwaway(domain: str) -> bool:
    """Return whether the domain is, or lies in, one of a service of throwaway mailboxes."""
    return not THROWAWAY_DOMAINS.isdisjoint(_names(domain))


def is_under(domain: str, name: str) -> bool:
    """Return whether the domain is this one, or lies in it."""
    return name in _names(domain)


def _names(domain: str) -> Iterator[str]:
    """Yield the domain, then each one it lies in."""
    parts = domain.lower().split(".")
    return (".".join(parts[place:]) for place in range(len(parts)))


_BY_RULE: Mapping[ThrowawayRule, DomainVerdict] = {
    ThrowawayRule.REFUSE: DomainVerdict.THROWAWAY,
    ThrowawayRule.HOLD: DomainVerdict.HOLD,
    ThrowawayRule.TAKE: DomainVerdict.TAKE,
}
