"""Words of forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.i18n.terms import Language


class SubmissionState(StrEnum):
    """What became of what somebody sent."""

    TAKEN = "taken"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    HELD = "held"


class FieldName(StrEnum):
    """The standard fields a form may ask for; custom ones are named `attribute:<key>`."""

    EMAIL = "email"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PHONE = "phone"
    POSITION = "position"
    CITY = "city"
    BIRTH_DATE = "birth_date"


CUSTOM = "attribute:"


class FormText(StrEnum):
    """The texts of a form."""

    TITLE = "title"
    INTRO = "intro"
    BUTTON = "button"
    THANKS = "thanks"


@dataclass(frozen=True, kw_only=True)
class FieldInput:
    """A field as the builder sends it. label: in the form's language; empty for the usual one."""

    field: str
    label: str = ""
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class FormInput:
    """A form as the builder sends it. texts: by FormText, in the form's language."""

    name: str
    language: Language
    texts: Mapping[str, str] = field(default_factory=dict)
    fields: Sequence[FieldInput] = ()
    topic_ids: Sequence[int] = ()
    source: str = ""
    redirect_url: str = ""
    department_id: int | None = None


@dataclass(frozen=True)
class Upload:
    """A file as the builder sends it."""

    name: str
    mime: str
    content: bytes
