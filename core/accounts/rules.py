"""Pure decisions of accounts: lives of visits and links, speed of guessing, good passwords."""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from core.access.terms import Permission
from core.accounts.terms import LinkPurpose, PasswordFault
from core.i18n.digits import to_ascii
from core.i18n.text import search_key

IDLE_LIMIT = timedelta(minutes=30)
VISIT_LIMIT = timedelta(hours=12)
CODE_LIMIT = timedelta(minutes=5)
"""How long a given password waits for its second factor."""
TOUCH_EVERY = timedelta(seconds=60)
LINK_LIFE = {
    LinkPurpose.SETUP: timedelta(minutes=30),
    LinkPurpose.PASSWORD: timedelta(minutes=30),
    LinkPurpose.INVITATION: timedelta(days=7),
}
OFFER_LIFE = timedelta(minutes=10)
"""How long a second factor may be set up before its secret is shown anew."""

FREE_TRIES = 3
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=24)
CAP_WINDOW = timedelta(minutes=10)
CAP_DELAY = timedelta(minutes=1)
ACCOUNT_CAP = 30
CODE_CAP = 10
MAIL_CAP = 3
ADDRESS_CAP = 100
TOTAL_CAP = 600
KNOWN_PLACE_FOR = timedelta(days=30)

PASSWORD_MIN, PASSWORD_MAX = 12, 1024
DISTINCT_MIN = 5
LONGEST_PERIOD = 6
OWN_WORD_MIN = 4
COMMON_WORDS, DECORATION_MAX = 2, 6
"""A password is common when, without two words of the list, at most this much is left."""

LOGIN_MIN, LOGIN_MAX = 2, 254
_LOGIN_SIGNS = "._-@+"
RECOVERY_COUNT, RECOVERY_GROUPS = 10, 4
RECOVERY_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 signs, five bits each; without letters that are taken for digits."""
_LOOKALIKES = str.maketrans("OIL", "011")
UNGRANTABLE = frozenset(
    {Permission.USER_EDIT, Permission.APIKEY_EDIT, Permission.SELF_EDIT, Permission.SYSTEM_RUN}
)
"""No key may hold these: with them a program could make itself a person, or another key."""


@dataclass(frozen=True)
class Failures:
    """Failed attempts so far. here: this account from this address, in FORGET_AFTER.

    account, address and total count within CAP_WINDOW. is_known_place: this account was
    signed in from this address within KNOWN_PLACE_FOR.
    """

    here_count: int = 0
    here_last_at: datetime | None = None
    account_count: int = 0
    address_count: int = 0
    total_count: int = 0
    is_known_place: bool = False


def waiting_time(failures: Failures, *, now: datetime, account_cap: int) -> timedelta:
    """Return how long to wait before the next attempt is looked at; zero means now.

    The delay doubles with each failure of this account from this address and ends at
    LONGEST_DELAY. The caps over account and installation stop guessing from many addresses;
    they spare a place the account has been used from, so that nobody is locked out by a stranger.
    """
    own = cap = timedelta()
    if failures.here_last_at is not None:
        own = failures.here_last_at + _delay(failures.here_count) - now
    if _is_capped(failures, account_cap):
        cap = CAP_DELAY
    return max(own, cap, timedelta())


def _delay(count: int) -> timedelta:
    if count < FREE_TRIES:
        return timedelta()
    doublings = min(count - FREE_TRIES, 20)
    factor: int = 1 << doublings
    return min(FIRST_DELAY * factor, LONGEST_DELAY)


def _is_capped(failures: Failures, account_cap: int) -> bool:
    if failures.address_count >= ADDRESS_CAP:
        return True
    is_storm = failures.account_count >= account_cap or failures.total_count >= TOTAL_CAP
    return is_storm and not failures.is_known_place


def is_live(
    *, now: datetime, last_seen_at: datetime, expires_at: datetime, revoked_at: datetime | None
) -> bool:
    """Return whether a visit still holds: not revoked, not past its end, not idle too long."""
    return revoked_at is None and now < expires_at and now - last_seen_at < IDLE_LIMIT


def login_key(text: str) -> str:
    """Return the login name as it is stored and looked up; case and width make no difference."""
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be hashed
    return unicodedata.normalize("NFKC", whole).strip().casefold()


def is_login(key: str) -> bool:
    """Return whether this may be a login name: letters, digits and . _ - @ + only."""
    is_long_enough = LOGIN_MIN <= len(key) <= LOGIN_MAX
    return is_long_enough and all(sign.isalnum() or sign in _LOGIN_SIGNS for sign in key)


def recovery_code(typed: str) -> str:
    """Return a recovery code as it is compared: no dashes, spaces, case or kinds of digits."""
    plain = "".join(sign for sign in to_ascii(typed).upper() if sign.isalnum())
    return plain.translate(_LOOKALIKES)


def password_fault(
    password: str, *, words: Iterable[str], common: Collection[str]
) -> PasswordFault | None:
    """Return why the password is refused, or None.

    words: of the organisation, the person and the product, as they are written. common: known
    passwords in their comparable form (`comparable`). Nothing is asked about kinds of signs.
    """
    if len(password) > PASSWORD_MAX:
        return PasswordFault.TOO_LONG
    if len(password) < PASSWORD_MIN:
        return PasswordFault.TOO_SHORT
    plain = comparable(password)
    if _is_simple(plain):
        return PasswordFault.TOO_SIMPLE
    if any(word in plain for word in _own_words(words)):
        return PasswordFault.OWN_WORD
    return PasswordFault.COMMON if _is_common(plain, common) else None


def comparable(text: str) -> str:
    """Return the text as passwords are compared: without case, spaces and kinds of digits."""
    return search_key(text).replace(" ", "")


def _is_simple(plain: str) -> bool:
    if len(set(plain)) < DISTINCT_MIN:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    if steps in ({1}, {-1}):
        return True
    return any(
        all(plain[place] == plain[place - period] for place in range(period, len(plain)))
        for period in range(1, LONGEST_PERIOD + 1)
    )


def _own_words(words: Iterable[str]) -> set[str]:
    pieces = (
        "".join(sign if sign.isalnum() else " " for sign in search_key(text)).split()
        for text in words
    )
    return {piece for group in pieces for piece in group if len(piece) >= OWN_WORD_MIN}


def _is_common(plain: str, common: Collection[str]) -> bool:
    rest = plain
    for _ in range(COMMON_WORDS):
        word = max((word for word in common if word in rest), key=len, default="")
        if not word:
            break
        rest = rest.replace(word, "")
    return rest != plain and len(rest) <= DECORATION_MAX
