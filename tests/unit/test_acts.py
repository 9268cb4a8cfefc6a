"""Every act that the log can tell of has words in all languages."""

import re
from pathlib import Path

import pytest

from core.i18n.catalog import codes
from core.i18n.terms import Language

CORE = Path(__file__).parents[2] / "core"
NAMED = (
    re.compile(r"audit=\"([a-z_]+\.[a-z_]+)\""),
    re.compile(r"audit\.record\(\s*session,\s*\w+,\s*\"([a-z_]+\.[a-z_]+)\""),
    re.compile(r"act=\"([a-z_]+\.[a-z_]+)\""),
)


def acts() -> set[str]:
    """Return the acts that verbs name and that are recorded."""
    texts = [path.read_text(encoding="utf-8") for path in CORE.rglob("*.py")]
    return {act for text in texts for pattern in NAMED for act in pattern.findall(text)}


@pytest.mark.parametrize("language", list(Language))
def test_every_act_has_words(language: Language) -> None:
    found = acts()
    assert len(found) > 100
    assert sorted(one for one in found if f"act.{one}" not in codes(language)) == []
