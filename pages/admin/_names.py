"""A name in each language; what is wrong with them is said under all of them."""

from collections.abc import Mapping

from components import forms
from core.i18n.terms import Language


def draw(key: str, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Draw one field for each language; return what they say, by language."""
    known = names or {}
    with forms.frame(f"{key}.names"):
        return {
            one.value: forms.text(f"{key}.{one}", one.own_name, value=known.get(one.value, ""))
            for one in Language
        }
