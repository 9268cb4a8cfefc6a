"""Text folded inside the store as `core.i18n.text.search_key` folds it.

SQLite is given that very function. PostgreSQL gets one of its own, made from the same tables.
"""

import unicodedata
from collections.abc import Mapping

from sqlalchemy import Connection

from core.db import FOLD
from core.i18n.text import search_key

_FIRST_FOREIGN = 0x80
_END = 0x10000
_SURROGATES = range(0xD800, 0xE000)


def create_fold(connection: Connection) -> None:
    """Give PostgreSQL the function; SQLite is given it with every connection. Idempotent."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(definition())


def definition() -> str:
    """Return the SQL that makes the function on PostgreSQL.

    Only text with letters of two sizes outside ASCII goes through the long table: Persian and
    Arabic have none.
    """
    cased, small = _cased()
    several = _several()
    silent, letters, plain = _folded_letters()
    body = f"""
    DECLARE x text := value;
    BEGIN
      IF octet_length(x) <> length(x) THEN
        x := normalize(x, NFKD);
        IF x ~ '[{_ranges(cased + "".join(several))}]' THEN
          x := normalize(translate({_replaced(several)}, '{cased}', '{small}'), NFKD);
        END IF;
        x := translate(regexp_replace(x, '[{_ranges(silent)}]', '', 'g'), '{letters}', '{plain}');
      END IF;
      x := regexp_replace(lower(x COLLATE "C"), '[{_ranges(_spaces())}]+', ' ', 'g');
      RETURN btrim(x, ' ');
    END
    """
    head = f"CREATE OR REPLACE FUNCTION {FOLD}(value text) RETURNS text"
    return f"{head} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $fold${body}$fold$"


def _foreign() -> list[str]:
    """Return the letters of the scripts in use; what lies beyond them is compared as it is."""
    points = (point for point in range(_FIRST_FOREIGN, _END) if point not in _SURROGATES)
    return [one for one in map(chr, points) if unicodedata.normalize("NFKD", one) == one]


def _cased() -> tuple[str, str]:
    """Return the decomposed letters that have another size, and their small ones."""
    pairs = [
        (one, small)
        for one in _foreign()
        if (small := unicodedata.normalize("NFKD", one.casefold())) != one and len(small) == 1
    ]
    return "".join(one for one, _ in pairs), "".join(small for _, small in pairs)


def _several() -> dict[str, str]:
    """Return the letters whose small ones are several."""
    pairs = ((one, unicodedata.normalize("NFKD", one.casefold())) for one in _foreign())
    return {one: small for one, small in pairs if len(small) > 1}


def _replaced(several: Mapping[str, str]) -> str:
    """Return SQL that writes these letters out."""
    sql = "x"
    for one, small in several.items():
        sql = f"replace({sql}, '{one}', '{small}')"
    return sql


def _folded_letters() -> tuple[str, str, str]:
    """Return what search does not see, and letters with those they are read as."""
    small = [one for one in _foreign() if one.casefold() == one]
    silent, pairs = [], []
    for one in small:
        key = search_key(f"x{one}x")[1:-1]
        if key == "":
            silent.append(one)
        elif len(key) == 1 and key != one and not one.isspace():
            pairs.append((one, key))
    return (
        "".join(silent),
        "".join(one for one, _ in pairs),
        "".join(key for _, key in pairs),
    )


def _spaces() -> str:
    return "".join(chr(one) for one in range(_END) if chr(one).isspace())


def _ranges(letters: str) -> str:
    """Return the inside of a character class, neighbours taken together."""
    points, found = sorted(map(ord, letters)), []
    start = last = points[0]
    for point in [*points[1:], -1]:
        if point == last + 1:
            last = point
            continue
        found.append(rf"{_sign(start)}-{_sign(last)}" if last > start else _sign(start))
        start = last = point
    return "".join(found)


def _sign(point: int) -> str:
    return f"\\U{point:08X}"
