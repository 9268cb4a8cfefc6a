"""Names and properties of events: ours, theirs, and what may not be kept."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.events import rules
from core.events.terms import BYTES_MOST, OWN, PropertyKind, SiteEvent

CORE = Path(__file__).parents[2] / "core"
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
TREES = st.recursive(
    LEAVES,
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one, max_size=4),
)


def test_a_name_keeps_no_more_than_a_hundred_properties() -> None:
    known = rules.seen({}, [{str(n): n} for n in range(150)])
    assert len(known) == 100
    assert rules.seen(known, [{"0": "now a text"}])["0"] == {"kind": "text", "sample": "now a text"}


@pytest.mark.parametrize("name", [*OWN, "mail.sent", "stock.anything", "consent"])
def test_our_own_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"event\.name_reserved"):
        rules.checked_name(name)


@pytest.mark.parametrize("name", [*SiteEvent, "lesson.finished", "mailing.read", "a"])
def test_other_names_are_taken(name: str) -> None:
    assert rules.checked_name(name) == name


@pytest.mark.parametrize("name", ["", "Mail", "a b", "a..b", ".a", "a.", "1a", "نام", "x" * 81])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"event\.bad_name"):
        rules.checked_name(name)


def test_every_name_that_our_own_code_writes_out_is_ours() -> None:
    """Literal names of facts; those put together at run time begin with a noun of ours."""
    found = {
        word.value.value
        for path in CORE.rglob("*.py")
        if "Fact(" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fact"
        for word in node.keywords
        if word.arg == "name" and isinstance(word.value, ast.Constant)
    }
    assert found
    assert {one for one in found if not rules.is_ours(str(one))} == set()


@given(st.dictionaries(st.text(max_size=70), TREES, max_size=6))
def test_properties_are_kept_clean_or_refused(tree: dict[str, object]) -> None:
    try:
        kept = rules.checked_properties(tree)
    except Invalid:
        return
    assert rules.checked_properties(kept) == kept
    assert "\x00" not in str(kept)
    for value in kept.values():
        assert rules.kind_of(value) in PropertyKind
        assert len(rules.sample_of(value)) <= rules.SAMPLE_MOST


def test_what_is_larger_than_the_limit_is_refused() -> None:
    assert rules.checked_properties({"a": "x" * (BYTES_MOST - 20)})
    with pytest.raises(Invalid, match=r"event\.large"):
        rules.checked_properties({"a": "x" * BYTES_MOST})
