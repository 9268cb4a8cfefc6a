"""The links that stand ready for every mail: unsubscribe at once, and the preference centre.

Their tokens are bound to their purpose and work as long as the key that signed them is known.
"""

from collections.abc import Mapping

from core import signing
from core.messages.models import Message
from core.settings import settings

UNSUBSCRIBE, PREFERENCES = "unsubscribe", "preferences"
_HIDDEN = "hidden"


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


def _unsubscribe(token: str) -> str:
    return f"{settings().link_url}/u/{token}"


def _preferences(token: str) -> str:
    return f"{settings().link_url}/p/{token}"
