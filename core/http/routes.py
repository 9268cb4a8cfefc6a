"""The routes, in two lists: what anybody may ask for, and what belongs to the staff's site.

`public_routes` runs in the staff's process on a small installation, and alone in a process of
its own on a large one. Which of them need a visit is decided by the gate (`paths`), not here.
"""

from starlette.routing import BaseRoute, Mount

from core.http import (
    acknowledge,
    auth,
    credentials,
    guide,
    health,
    preview,
    preview_mails,
)
from core.http.api import api

public_routes: list[BaseRoute] = [Mount("/api/v1", api), *health.routes, *acknowledge.routes]
private_routes: list[BaseRoute] = [
    *auth.routes,
    *credentials.routes,
    *preview.routes,
    *preview_mails.routes,
    *guide.routes,
]
