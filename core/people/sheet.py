"""Rows of a spreadsheet as employees: what the columns tell, which rows can be taken. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.contacts.addresses import parse_address
from core.errors import Invalid
from core.i18n.calendar import parse_date, parts
from core.i18n.digits import to_ascii
from core.i18n.terms import Calendar, Language
from core.i18n.text import search_key
from core.jobs.mapping import suggest_mapping
from core.jobs.terms import Record
from core.people.headings import FIELDS
from core.people.rules import check, code_key
from core.people.terms import EmployeeInput, Fault, Known, RowDraft, RowVerdict

MAX_PASTE_ROWS = 500
"""A paste is one transaction, at some 20 ms a row; more rows are for a file."""
MAX_PASTE_CHARACTERS = 1_000_000
_MAX_COLUMNS = 60
_MIDNIGHT = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?Z?$")
_LANGUAGES = {
    search_key(word): language
    for language, words in {
        Language.FA: ("fa", "fa-IR", "فارسی", "الفارسية", "Persian", "Farsi"),
        Language.AR: ("ar", "عربی", "العربية", "عربي", "Arabic"),
        Language.EN: ("en", "en-US", "en-GB", "انگلیسی", "الإنجليزية", "English"),
    }.items()
    for word in words
}


def read_pasted(text: str) -> list[Record]:
    """Return the rows of a pasted table that are not blank, cut at tabs, else at commas.

    Raises:
        Invalid: "paste.empty", "paste.too_long" or "paste.not_a_table", at the field.
    """
    if len(text) > MAX_PASTE_CHARACTERS:
        raise Invalid("paste.too_long", field="text", limit=MAX_PASTE_ROWS)
    lines = io.StringIO(text.replace("\0", ""), newline="")
    try:
        rows = list(csv.reader(lines, delimiter=_separator(text)))
    except csv.Error as error:
        raise Invalid("paste.not_a_table", field="text") from error
    found = [
        Record(line, tuple(cell.strip() for cell in cells))
        for line, cells in enumerate(rows, start=1)
        if any(cell.strip() for cell in cells)
    ]
    if not found:
        raise Invalid("paste.empty", field="text")
    if len(found) > MAX_PASTE_ROWS + 1:
        raise Invalid("paste.too_long", field="text", limit=MAX_PASTE_ROWS)
    if max(len(row.cells) for row in found) > _MAX_COLUMNS:
        raise Invalid("paste.not_a_table", field="text")
    return found


def has_header(first: Record) -> bool:
    """Return whether the row names columns: two of them are ours, and no cell is an address."""
    known = suggest_mapping(first.cells, FIELDS)
    return len(known) >= min(2, len(first.cells)) and not any("@" in cell for cell in first.cells)


def headed_columns(headers: Sequence[str]) -> dict[str, int]:
    """Return which column tells what, told by the heads."""
    return suggest_mapping(headers, FIELDS)


def guess_columns(rows: Sequence[Record]) -> dict[str, int]:
    """Return which column tells what in a table without a head, from what stands in it.

    Addresses and dates are told by their looks, codes by their digits; the columns left over are
    first name, last name and job title, in this order.
    """
    width = max(len(row.cells) for row in rows)
    columns = {n: [row.cells[n] for row in rows if n < len(row.cells)] for n in range(width)}
    kinds = {n: _kind_of(cells) for n, cells in columns.items()}
    found: dict[str, int] = {}
    wanted = {
        "email": ("email", "private_email"),
        "date": ("start_date", "end_date"),
        "digits": ("code",),
        "words": ("first_name", "last_name", "job_title"),
    }
    for kind, names in wanted.items():
        of_kind = [n for n, known in kinds.items() if known == kind]
        found |= dict(zip(names, of_kind, strict=False))
    return found


def drafts(
    rows: Iterable[Record], mapping: Mapping[str, int], calendar: Calendar
) -> list[RowDraft]:
    """Return each row as the employee its cells describe, nothing checked yet."""
    return [_draft(row, mapping, calendar) for row in rows]


def judge(found: Sequence[RowDraft], known: Known, *, also: frozenset[str]) -> list[RowVerdict]:
    """Return what would become of each row, in order.

    A code or address twice in the sheet is refused the second time. `also`: comparable codes and
    addresses of rows elsewhere in the same file, so that a manager may stand there.
    """
    seen: set[tuple[str, str]] = set()
    named = also | references(found)
    verdicts = []
    for draft in found:
        given, faults = _resolved(draft, known, named)
        faults += check(given).faults
        keys = _keys(given)
        faults += [_twice(key) for key in keys if key in seen]
        faults += _taken(keys, known)
        seen |= keys
        verdicts.append(RowVerdict(draft, given, tuple(faults)))
    return verdicts


def references(found: Iterable[RowDraft]) -> frozenset[str]:
    """Return the comparable codes and addresses by which the rows may be named as managers."""
    texts = (text for d in found for text in (d.given.code, d.given.email, d.given.private_email))
    return frozenset(reference(text) for text in texts if text)


def reference(text: str) -> str:
    """Return the comparable form of a code or an address."""
    return address_key(text) or code_key(text)


def address_key(text: str) -> str:
    """Return the key by which an address is known, empty where the text is none."""
    try:
        return parse_address(text.strip()).normalised
    except Invalid:
        return ""


def _separator(text: str) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    if "\t" in head:
        return "\t"
    return max(",;|،؛", key=head.count)


def _kind_of(cells: Sequence[str]) -> str:
    filled = [cell for cell in cells if cell]
    if not filled:
        return "empty"
    tests = {
        "email": lambda cell: "@" in cell,
        "date": lambda cell: any(_read_day(cell, calendar) for calendar in Calendar),
        "digits": lambda cell: to_ascii(cell).replace("-", "").isdigit(),
    }
    for kind, is_one in tests.items():
        if sum(map(is_one, filled)) * 2 > len(filled):
            return kind
    return "words"


def _draft(row: Record, mapping: Mapping[str, int], calendar: Calendar) -> RowDraft:
    cells = {
        name: row.cells[column].strip() if column < len(row.cells) else ""
        for name, column in mapping.items()
    }
    first_name, last_name = cells.get("first_name", ""), cells.get("last_name", "")
    if "last_name" not in mapping:
        first_name, _, last_name = first_name.partition(" ")
    language = cells.get("language", "")
    given = EmployeeInput(
        first_name=first_name,
        last_name=last_name,
        code=cells.get("code", ""),
        email=cells.get("email", ""),
        private_email=cells.get("private_email", ""),
        language=_LANGUAGES.get(search_key(language), language),
        time_zone=cells.get("time_zone", ""),
        job_title=cells.get("job_title", ""),
        start_date=_day_text(cells.get("start_date", ""), calendar),
        end_date=_day_text(cells.get("end_date", ""), calendar),
        calendar=calendar,
    )
    named = (cells.get(name, "") for name in ("department", "office", "manager"))
    return RowDraft(row.line, row.cells, given, *named)


def _day_text(cell: str, calendar: Calendar) -> str:
    """Return the day as text of the calendar; years tell which one a cell is written in."""
    bare = _MIDNIGHT.sub("", to_ascii(cell))
    if _read_day(bare, calendar.other) is None:
        return bare
    named = parts(parse_date(bare, calendar.other), calendar)
    return f"{named.year:04}-{named.month:02}-{named.day:02}"


def _read_day(text: str, calendar: Calendar) -> object | None:
    try:
        return parse_date(_MIDNIGHT.sub("", to_ascii(text)), calendar)
    except Invalid:
        return None


def _resolved(
    draft: RowDraft, known: Known, named: frozenset[str]
) -> tuple[EmployeeInput, list[Fault]]:
    """Return the input with the ids of what the row names, and what it names in vain."""
    faults = []
    department_id = known.departments.get(search_key(draft.department))
    office_id = known.offices.get(search_key(draft.office))
    manager = reference(draft.manager)
    manager_id = known.codes.get(manager) or known.addresses.get(manager)
    if draft.department and department_id is None:
        faults.append(_unknown("department", draft.department))
    if draft.office and office_id is None:
        faults.append(_unknown("office", draft.office))
    if manager and manager_id is None and manager not in named:
        faults.append(_unknown("manager", draft.manager))
    given = replace(
        draft.given, department_id=department_id, office_id=office_id, manager_id=manager_id
    )
    return given, faults


def _unknown(field: str, typed: str) -> Fault:
    return Fault(field, f"employee.{field}_unknown", {"typed": typed[:80]})


def _keys(given: EmployeeInput) -> set[tuple[str, str]]:
    found = {("code", code_key(given.code))}
    found |= {(name, address_key(getattr(given, name))) for name in ("email", "private_email")}
    return {key for key in found if key[1]}


def _twice(key: tuple[str, str]) -> Fault:
    code = "employee.code_twice" if key[0] == "code" else "employee.address_twice"
    return Fault(key[0], code, {"typed": key[1]})


def _taken(keys: Iterable[tuple[str, str]], known: Known) -> list[Fault]:
    faults = []
    for field, text in sorted(keys):
        if field == "code" and text in known.codes:
            faults.append(Fault(field, "employee.code_taken", {"typed": text}))
        elif field != "code" and text in known.addresses:
            faults.append(Fault(field, "employee.address_known", {"typed": text}))
        elif field != "code" and text in known.taken:
            faults.append(Fault(field, "employee.address_taken", {"typed": text}))
    return faults
