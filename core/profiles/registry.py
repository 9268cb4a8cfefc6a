"""The one place where parts of the profile are registered, by the names of their modules.

A department that has something to say about a person adds the name of a module that offers
PART (`core.profiles.parts.Part`) to MODULES, in the place its tab shall have. The page draws
whatever is here.
"""

from functools import cache
from importlib import import_module

from core.profiles.parts import Part

MODULES: tuple[str, ...] = (
    "core.profiles.timeline",
    "core.profiles.messages",
    "core.profiles.consent",
    "core.profiles.orders",
    "core.profiles.work",
    "core.profiles.segments",
    "core.profiles.caps",
)


@cache
def parts() -> tuple[Part, ...]:
    """Return all parts, in the order of their tabs."""
    found: list[Part] = []
    for name in MODULES:
        part = import_module(name).PART
        if not isinstance(part, Part):
            raise TypeError(f"{name} offers no part")
        found.append(part)
    return tuple(found)
