"""The links that are signed when a mail is written: the ways out of every mail, and those to act.

Their tokens are bound to their purpose and work as long as the key that signed them is known. None
lies in the store: whoever reads a message there, or where messages are followed, can open nothing.
"""

from collections.abc import Mapping
from enum import StrEnum

from core import signing
from core.messages.models import Message
from core.settings import settings

UNSUBSCRIBE, PREFERENCES = "unsubscribe", "preferences"
_HIDDEN, _UNSIGNED = "hidden", "unsigned:"


class About(StrEnum):
    """Which row a link that is still to be signed speaks of."""

    SUBJECT = "subject"
    PERSON = "person"


def ready(message: Message) -> dict[str, str]:
    """Return the addresses, made for the person this message goes to."""
    return {
        UNSUBSCRIBE: _unsubscribe(signing.token(UNSUBSCRIBE, message.id)),
        PREFERENCES: preferences(message.contact_id or 0),
    }


def shown() -> dict[str, str]:
    """Return the addresses as others than the person may see them: they lead to nobody."""
    return {UNSUBSCRIBE: _unsubscribe(_HIDDEN), PREFERENCES: _preferences(_HIDDEN)}


def preferences(contact_id: int) -> str:
    """Return the address of this person's preference centre."""
    return _preferences(signing.token(PREFERENCES, contact_id))


def filled(values: Mapping[str, object], addresses: Mapping[str, str]) -> dict[str, object]:
    """Return the values with these addresses among what stands under `links`."""
    known = values.get("links")
    given = known if isinstance(known, Mapping) else {}
    return {**values, "links": {**given, **addresses}}


def unsigned(purpose: str, *, path: str, about: About = About.SUBJECT) -> str:
    """Return what a mail keeps in place of a link `path/token` about its subject or its person."""
    return f"{_UNSIGNED}{about}:{purpose}:{path}"


def signed(text: str, message: Message) -> str:
    """Return the address an unsigned link stands for in this message; other text stays as it is.

    It is about the message's own subject or person, whatever stands there: a message about nothing
    gets a link that leads nowhere.
    """
    if not text.startswith(_UNSIGNED):
        return text
    about, purpose, path = text.removeprefix(_UNSIGNED).split(":", 2)
    row_id = message.contact_id if about == About.PERSON else message.subject_id
    return f"{settings().link_url}{path}/{signing.token(purpose, row_id or 0)}"


def blanked(text: str) -> str:
    """Return a link as others than the person may see it: an unsigned one leads nowhere."""
    if not text.startswith(_UNSIGNED):
        return text
    return f"{settings().link_url}{text.rpartition(':')[2]}/{_HIDDEN}"


def _unsubscribe(token: str) -> str:
    return f"{settings().link_url}/u/{token}"


def _preferences(token: str) -> str:
    return f"{settings().link_url}/p/{token}"
