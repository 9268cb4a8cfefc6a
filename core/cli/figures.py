"""What a measurement is given, and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PEOPLE = 1_000_000

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Given:
    """file: what is measured on it, where it needs one. people: how many are made up."""

    file: Path | None = None
    people: int = PEOPLE
