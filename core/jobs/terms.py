"""Words of jobs: their kinds and states, files that are read, rows that are refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MEGABYTE = 1024 * 1024
OnProgress = Callable[[int, int], None]


class JobKind(StrEnum):
    """What a job does."""

    IMPORT_STOCK = "import_stock"
    IMPORT_ORDERS = "import_orders"
    IMPORT_EMPLOYEES = "import_employees"
    IMPORT_CONTACTS = "import_contacts"
    IMPORT_EVENTS = "import_events"


class JobState(StrEnum):
    """The life of a job."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


class FileFormat(StrEnum):
    """What kind of table a file is."""

    CSV = "csv"
    XLSX = "xlsx"


class Encoding(StrEnum):
    """The ways of writing text that tables come in. UTF-16 without LE or BE begins with a mark."""

    UTF8 = "utf-8"
    UTF8_SIG = "utf-8-sig"
    UTF16 = "utf-16"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"
    CP1256 = "cp1256"
    CP1252 = "cp1252"


class Separator(StrEnum):
    """The sign between two cells."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"
    BAR = "|"


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. Encoding and separator mean nothing to a spreadsheet."""

    format: FileFormat = FileFormat.CSV
    encoding: Encoding = Encoding.UTF8
    separator: Separator = Separator.COMMA
    has_header: bool = True


@dataclass(frozen=True)
class Limits:
    """How much of a file is accepted. `cell` in characters, `inflation` unpacked / packed."""

    size: int
    rows: int
    columns: int = 200
    cell: int = 32 * 1024
    inflation: int = 100


PAGE_LIMITS = Limits(size=50 * MEGABYTE, rows=300_000)
COMMAND_LIMITS = Limits(size=2048 * MEGABYTE, rows=5_000_000)


class Record(NamedTuple):
    """A row of a table that is not blank. `line` is the row a spreadsheet shows it in."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """What a file looks like: its layout, its head, its first rows and how many there are."""

    layout: Layout
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_count: int


@dataclass(frozen=True)
class ImportField:
    """Something a row may tell. `label` is the code of its name; `words` are heads it goes by.

    title: the name somebody gave it, where it is of this organisation only.
    """

    name: str
    label: str
    words: tuple[str, ...]
    is_required: bool = False
    title: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a row was not taken; `label` is the code of the name of the field at fault."""

    line: int
    cells: tuple[str, ...]
    code: str
    label: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a chunk of rows: figures by name, to be added up, and refused rows."""

    counts: Mapping[str, int]
    refused: Sequence[Refusal] = ()


@dataclass(frozen=True)
class Draft:
    """A file somebody uploaded: its stored name and what it looks like."""

    kind: JobKind
    file_name: str
    upload: str
    sample: Sample
    department_id: int | None = None


@dataclass(frozen=True)
class Plan:
    """How the file of a draft is to be taken: columns by field, and the options of its kind."""

    mapping: Mapping[str, int]
    options: Mapping[str, object] = field(default_factory=dict)
    layout: Layout | None = None


@dataclass(frozen=True)
class Run:
    """One attempt at a job. A later attempt takes the job away from an earlier one."""

    job_id: int
    attempt: int
