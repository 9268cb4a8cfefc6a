"""The routes, in two lists: what anybody may ask for, and what belongs to the staff's site.

`public_routes` runs in the staff's process on a small installation, and alone in a process of
its own on a large one. Which of them need a visit is decided by the gate (`paths`), not here.
"""

from starlette.routing import BaseRoute, Route

from core.http import (
    acknowledge,
    auth,
    credentials,
    health,
    preview,
    preview_mails,
)

public_routes: list[BaseRoute] = [*health.routes, *acknowledge.routes]
private_routes: list[BaseRoute] = [
    *auth.routes,
    *credentials.routes,
    *preview.routes,
    *preview_mails.routes,
]


def single_segment_paths(routes: list[BaseRoute]) -> frozenset[str]:
    """Return the paths of one segment that are routes of ours: no page may be served there."""
    found = {route.path for route in routes if isinstance(route, Route)}
    return frozenset(path for path in found if path.count("/") == 1)
