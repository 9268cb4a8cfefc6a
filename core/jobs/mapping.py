"""Finds which column of a file tells what, from the names people give their columns. Pure."""

from collections.abc import Mapping, Sequence

from core.errors import Invalid
from core.i18n.text import search_key
from core.jobs.terms import ImportField

_LONG_ENOUGH = 4


def suggest_mapping(headers: Sequence[str], fields: Sequence[ImportField]) -> dict[str, int]:
    """Return the column of each field that a head names, in Persian, Arabic or English.

    A head that is one of the field's words counts before one that contains it; no column is
    used twice.
    """
    keys = [head_key(header) for header in headers]
    found: dict[str, int] = {}
    for is_match in (_is_same, _is_part):
        for field, word in _longest_first(fields):
            columns = (
                column
                for column, key in enumerate(keys)
                if is_match(word, key) and column not in found.values()
            )
            if field.name not in found and (column := next(columns, None)) is not None:
                found[field.name] = column
    return found


def check_mapping(mapping: Mapping[str, int], fields: Sequence[ImportField], width: int) -> None:
    """Raise Invalid unless every required field has a column, and no column serves two fields.

    Raises:
        Invalid: "import.field_missing", "import.column_unknown" or "import.column_twice".
    """
    names = {field.name for field in fields}
    for field in fields:
        if field.is_required and field.name not in mapping:
            raise Invalid("import.field_missing", field=field.name)
    for name, column in mapping.items():
        if name not in names or not 0 <= column < width:
            raise Invalid("import.column_unknown", field=name)
        if list(mapping.values()).count(column) > 1:
            raise Invalid("import.column_twice", field=name)


def head_key(text: str) -> str:
    """Return what spellings of a head have in common: StockCode, stock_code and Stock code."""
    return "".join(sign for sign in search_key(text) if sign.isalnum())


def _longest_first(fields: Sequence[ImportField]) -> list[tuple[ImportField, str]]:
    pairs = [(field, head_key(word)) for field in fields for word in (field.name, *field.words)]
    return sorted(pairs, key=lambda pair: -len(pair[1]))


def _is_same(word: str, key: str) -> bool:
    return word == key


def _is_part(word: str, key: str) -> bool:
    return len(word) >= _LONG_ENOUGH and word in key
