"""The map of the door: what is open, what is guarded, what is shut, and how much may come in."""

import re
from enum import StrEnum

KIB, MIB = 1024, 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}


class Area(StrEnum):
    """OPEN needs no visit and reads no cookie; DOOR is where visits begin; the rest is GUARDED."""

    OPEN = "open"
    DOOR = "door"
    GUARDED = "guarded"
    SHUT = "shut"


OPEN_PATHS = frozenset({"/healthz", "/readyz", "/status", "/metrics", "/api/v1"})
OPEN_PREFIXES = (
    "/assets/", "/static/", "/api/v1/",
    "/t/", "/u/", "/p/", "/f/", "/s/", "/k/", "/v/", "/a/", "/d/", "/e/", "/i/", "/h/",
)  # fmt: skip
"""Files that are the same for everybody, the API with its keys, and links that are signed."""
DOOR_PREFIX = "/auth/"
SHUT_PREFIXES = (
    "/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check", "/oauth2callback",
)  # fmt: skip
"""What the page server answers but nobody here needs."""
MACHINE_PREFIXES = ("/_stcore/", "/media/", "/component/", "/_stcore", "/preview/")
"""Asked for by scripts and frames: a redirect to the sign-in page would only confuse them."""

BODY_CAPS = (
    ("/_stcore/upload_file/", 52 * MIB),
    ("/api/v1", 5 * MIB),
    ("/e/", 64 * KIB),
    (DOOR_PREFIX, 16 * KIB),
)
BODY_CAP = 256 * KIB

_SHELL = re.compile(r"/[A-Za-z0-9_-]*")
_BAD = re.compile(r"//|\\|%|[\x00-\x1f\x7f]|(?:^|/)\.\.?(?:/|$)|/[A-Za-z]:")


def area(path: str) -> Area:
    """Return what a path belongs to; everything that is not named is guarded."""
    if path.startswith(SHUT_PREFIXES):
        return Area.SHUT
    if path in OPEN_PATHS or path.startswith(OPEN_PREFIXES):
        return Area.OPEN
    return Area.DOOR if path.startswith(DOOR_PREFIX) else Area.GUARDED


def is_bad(path: str) -> bool:
    """Return whether the decoded path tries to walk: dots, backslashes, drives, hidden escapes."""
    return _BAD.search(path) is not None


def is_machine(path: str) -> bool:
    """Return whether the path is asked for by a script rather than by somebody's browser bar."""
    return path.startswith(MACHINE_PREFIXES)


def is_shell(path: str) -> bool:
    """Return whether the path may be a page: one segment without a dot."""
    return _SHELL.fullmatch(path) is not None and path not in OPEN_PATHS


def body_cap(path: str) -> int:
    """Return how many bytes a request to this path may carry."""
    return next((cap for prefix, cap in BODY_CAPS if path.startswith(prefix)), BODY_CAP)


def local(path: str) -> str:
    """Return the path when it stays here and leads to a page, else the front page."""
    is_here = path.startswith("/") and not path.startswith(("//", "/auth/", "/\\"))
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if is_here and plain and not is_bad(path.partition("?")[0]) else "/"
