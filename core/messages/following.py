"""Links of mails that lead through us, so that a click can be told, and the picture of an open.

The address of a link names the mail and the link and is signed for both: nobody reaches with one
mail's token what stands in another's, or anything that was never in a mail of ours.
"""

import hashlib
from functools import lru_cache, partial
from urllib.parse import urlsplit

from sqlmodel import select

from core import signing
from core.db import insert_or_skip, transaction
from core.messages.models import Message, TrackedLink
from core.messages.terms import Audience
from core.organisation.models import Organisation
from core.settings import settings
from core.templates.terms import Followed, MessageClass

OPEN, CLICK = "open", "click"
TRAP = 0
"""The number of the link that nobody sees: only what reads the source asks for it."""

FOLLOWED_CLASSES = frozenset({MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL})
URL_LENGTH = 4_000


def followed(message: Message, house: Organisation) -> Followed | None:
    """Return how reactions to this mail are noticed; None where nobody wants to know them."""
    is_wanted = house.follows_reactions and message.audience is Audience.EXTERNAL
    if not is_wanted or message.klass not in FOLLOWED_CLASSES:
        return None
    return Followed(
        through=partial(through, message.id),
        picture=f"{settings().link_url}/t/o/{signing.token(OPEN, message.id)}.gif",
        trap=click_address(message.id, TRAP),
    )


def through(message_id: int, url: str) -> str:
    """Return the address that leads to this link by way of us; our own links stay as they are."""
    if not is_followable(url):
        return url
    return click_address(message_id, _number_of(settings().store_url, url))


def is_followable(url: str) -> bool:
    """Return whether a click on this address is worth telling: somewhere on the web, not here."""
    ours = (settings().link_url, settings().site_url)
    is_web = urlsplit(url).scheme in {"http", "https"} and len(url) <= URL_LENGTH
    return is_web and not url.startswith(ours)


def click_address(message_id: int, number: int) -> str:
    """Return the address of link `number` in this mail."""
    token = signing.token(f"{CLICK}:{number}", message_id)
    return f"{settings().link_url}/t/c/{token}/{number}"


def digest_of(url: str) -> str:
    """Return the key under which a link is known."""
    return hashlib.sha256(url.encode()).hexdigest()


@lru_cache(maxsize=20_000)
def _number_of(_store: str, url: str) -> int:
    """Return the number of a link, which it is given when it is first sent."""
    row = {"digest": digest_of(url), "url": url}
    with transaction() as session:
        session.execute(insert_or_skip(session, TrackedLink, [row]))
        return session.exec(select(TrackedLink.id).where(TrackedLink.digest == row["digest"])).one()
