"""Words of the profile: what is asked of a part of it, and the lines it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Tone(StrEnum):
    """What a line means for the person: good, worth a look, bad, or nothing."""

    GOOD = "good"
    NOTICE = "notice"
    WARNING = "warning"
    DANGER = "danger"
    MUTED = "muted"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a part, as codes and values: the page translates and formats.

    code: of the sentence, with `values`; text: what people wrote, shown as it is. link: where the
    object of the line is, a path of our own. at: when it happened.
    """

    code: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    note_code: str = ""
    note_values: Mapping[str, object] = field(default_factory=dict)
    at: datetime | None = None
    link: str = ""
    tone: Tone = Tone.MUTED
    kind: str = ""
    department_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which part of whose profile: since when backwards, of which kind and department."""

    public_id: str
    part: str
    before: datetime | None = None
    kind: str = ""
    department_id: int | None = None
