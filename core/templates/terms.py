"""Words of templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.i18n.terms import Language


class MessageClass(StrEnum):
    """What a message is; decides which checks it must pass. The template says so."""

    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    RELATIONSHIP = "relationship"
    PROMOTIONAL = "promotional"


class TemplateState(StrEnum):
    """Whether a template may be used."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True)
class Compiled:
    """A checked text of one language. needs: dotted names that must have a value, in order."""

    subject: str
    body: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class RenderedMail:
    """A mail as one person will read it."""

    subject: str
    html: str
    text: str
    language: Language


@dataclass(frozen=True)
class Closing:
    """What stands under a mail that can be left: why it came, by language, and the ways out."""

    topic: Mapping[str, str]
    unsubscribe: str
    preferences: str


@dataclass(frozen=True)
class Followed:
    """How reactions to a mail are noticed.

    through: the address that stands in for a link's own. picture: of a dot nobody sees, loaded
    when the mail is opened. trap: of a link nobody sees.
    """

    through: Callable[[str], str]
    picture: str
    trap: str


@dataclass(frozen=True)
class Framing:
    """What is put around a text: how it ends, and how reactions to it are noticed."""

    closing: Closing | None = None
    followed: Followed | None = None


BARE = Framing()


class MissingValue(Exception):
    """A template needs a value that this person or event does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
