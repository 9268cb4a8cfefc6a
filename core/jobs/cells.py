"""Cells that a spreadsheet must not take for formulas, on their way out and back. Pure."""

import re

# Read by Excel and LibreOffice as the beginning of a formula, in full-width forms too.
_FULL_WIDTH = "".join(chr(ord(sign) + 0xFEE0) for sign in "=+-@")
_FORMULA = re.compile(f"'*[=+\\-@\t\r{_FULL_WIDTH}]")


def guarded(text: str) -> str:
    """Return the text as a cell that is never a formula: marked by an apostrophe where needed."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
