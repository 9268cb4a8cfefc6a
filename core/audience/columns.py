"""Columns of a people file, cleaned and checked whole; only doubtful cells are looked at singly.

Pure. A fault of a cell is an Invalid in the place of its value.
"""

from collections.abc import Callable, Sequence

import polars as pl

from core.contacts.addresses import MAX_LOCAL_OCTETS, MAX_OCTETS, parse_address
from core.errors import Invalid
from core.i18n.text import stored_line

# What `stored_line` may have to change: control and format signs, odd or repeated spaces.
_ODD = r"[^\p{L}\p{M}\p{N}\p{P}\p{S} \u{200c}]|^ | $|  |[\u{fff9}-\u{ffff}]"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = (
    rf"^{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*$"
)
_ENCODED = "=?"
_MOST_KNOWN = 100_000

Mailbox = tuple[str, str, str]
"""An address as its key, as it goes into an envelope, and as it was typed."""


def cleaned(cells: Sequence[str]) -> list[str]:
    """Return the cells as single lines that may be kept."""
    series = pl.Series(cells, dtype=pl.String)
    odd = series.str.contains(_ODD)
    if not odd.any():
        return list(cells)
    found = list(cells)
    for place in odd.arg_true().to_list():
        found[place] = stored_line(found[place])
    return found


def mapped(
    cells: Sequence[str], read: Callable[[str], object], known: dict[str, object]
) -> list[object]:
    """Return what each cell means, None for empty ones; what is known is not read again."""
    if len(known) > _MOST_KNOWN:
        known.clear()
    for cell in set(cells).difference(known):
        try:
            known[cell] = read(cell) if cell else None
        except Invalid as fault:
            known[cell] = _bare(fault)
    return [known[cell] for cell in cells]


def mailboxes(cells: Sequence[str]) -> list[object]:
    """Return the address in each cell; exactly what `parse_address` makes of it."""
    raw, low = pl.col("raw"), pl.col("low")
    frame = pl.DataFrame({"raw": pl.Series(cells, dtype=pl.String)}).with_columns(
        raw.str.to_lowercase().alias("low"),
        raw.str.extract("^([^@]*)@", 1).alias("local"),
    )
    frame = frame.with_columns(
        low.str.extract("@(.*)$", 1).alias("domain"),
        (
            raw.str.contains(_PLAIN)
            & ~raw.str.contains(_ENCODED, literal=True)
            & (pl.col("local").str.len_bytes() <= MAX_LOCAL_OCTETS)
            & (raw.str.len_bytes() <= MAX_OCTETS)
        ).alias("is_plain"),
    )
    domains = frame.filter(pl.col("is_plain"))["domain"].unique().to_list()
    sound = [domain for domain in domains if _is_sound(domain)]
    frame = frame.with_columns(
        pl.col("is_plain") & pl.col("domain").is_in(sound),
        pl.concat_str("local", pl.lit("@"), "domain").alias("deliverable"),
    )
    found: list[object] = [
        (_same(low, typed), _same(form, typed), typed)
        for low, form, typed in zip(
            frame["low"].to_list(), frame["deliverable"].to_list(), cells, strict=True)
    ]  # fmt: skip
    for place in (~frame["is_plain"].fill_null(value=False)).arg_true().to_list():
        found[place] = _single(cells[place])
    return found


def _same(text: str | None, typed: str) -> str | None:
    """Return the text as one object with what was typed, where they are equal: half the memory."""
    return typed if text == typed else text


def _is_sound(domain: str) -> bool:
    try:
        return parse_address(f"a@{domain}").domain == domain
    except Invalid:
        return False


def _single(raw: str) -> Mailbox | Invalid | None:
    if not raw:
        return None
    try:
        found = parse_address(raw)
    except Invalid as fault:
        return _bare(fault)
    return found.normalised, found.text, found.raw


def _bare(fault: Invalid) -> Invalid:
    """Return the fault without its traceback, which would keep the whole column alive."""
    return Invalid(fault.code, field=fault.field, **fault.params)
