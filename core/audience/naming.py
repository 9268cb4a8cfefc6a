"""Companies and tags by what people call them; who calls them first makes them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlmodel import Session

from core.audience import queries
from core.audience.cells import folded
from core.contacts.models import Company, Tag

Names = tuple[str, ...]
_COMPANY_KEY, _TAG_KEY = 300, 120


def companies(session: Session, names: Collection[str]) -> dict[str, int]:
    """Return the company of each name; a name of nothing but signs has none."""
    keys = {name: folded(name)[:_COMPANY_KEY] for name in names}
    ids = _made(session, Company, keys=keys, find=queries.companies)
    return {name: ids[key] for name, key in keys.items() if key}


def marks(
    session: Session, tags: Iterable[Sequence[str] | None], *, common: str
) -> dict[Names, tuple[int, ...]]:
    """Return the tags meant by each list of names, with the one that all people get."""
    lists = {tuple(one or ()) for one in tags}
    names = {name for one in lists for name in one} | ({common} if common else set())
    keys = {name: folded(name)[:_TAG_KEY] for name in names}
    ids = _made(session, Tag, keys=keys, find=queries.tags)
    return {
        one: tuple(dict.fromkeys(ids[keys[name]] for name in (*one, *filter(None, [common]))
                                 if keys[name]))
        for one in lists
    }  # fmt: skip


def _made(
    session: Session,
    table: type[Tag] | type[Company],
    *,
    keys: Mapping[str, str],
    find: Callable[[Session, Collection[str]], dict[str, int]],
) -> dict[str, int]:
    """Return the ids by search key, after making what is not there."""
    wanted = {key: name for name, key in keys.items() if key}
    known = find(session, wanted)
    new = [{"name": wanted[key], "search_key": key} for key in wanted if key not in known]
    if not new:
        return known
    queries.add_named(session, table, new)
    return known | find(session, [row["search_key"] for row in new])
