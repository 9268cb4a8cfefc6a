"""Parameters of a refusal on their way through the store: words stay words. Pure."""

from collections.abc import Mapping

from core.i18n.terms import Figures, Word


def packed(params: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters as JSON can hold them."""
    return {name: _packed(value) for name, value in params.items()}


def unpacked(params: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters that `packed` was given."""
    return {name: _unpacked(value) for name, value in params.items()}


def _packed(value: object) -> object:
    match value:
        case Word():
            return {"word": str(value)}
        case Figures():
            return {"figures": str(value)}
        case bool() | int() | float():
            return value
        case list() | tuple():
            return [_packed(item) for item in value]
        case _:
            return str(value)


def _unpacked(value: object) -> object:
    match value:
        case {"word": str(text)}:
            return Word(text)
        case {"figures": str(text)}:
            return Figures(text)
        case list():
            return [_unpacked(item) for item in value]
        case _:
            return value
