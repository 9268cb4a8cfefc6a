"""Refuses to start on a configuration under which the door would not hold (F10)."""

import logging
from collections.abc import Iterable, Mapping

from core.errors import Unavailable
from core.http.gate import Gate
from core.http.headers import SecurityHeaders

log = logging.getLogger(__name__)
TRUSTED = {"x-chapar-uid": "uid", "x-chapar-sid": "sid"}
REQUIRED: Mapping[str, object] = {
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "browser.gatherUsageStats": False,
    "global.developmentMode": False,
    "runner.magicEnabled": False,
    "server.baseUrlPath": "",
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.scriptHealthCheckEnabled": False,
    "server.trustedUserHeaders": TRUSTED,
}
LARGEST_UPLOAD_MB = 50
OPTIONS = (*REQUIRED, "server.allowedHosts", "server.corsAllowedOrigins", "server.maxUploadSize")
"""What the composition root reads from Streamlit and hands to `problems`."""


def problems(options: Mapping[str, object], *, middleware: Iterable[object]) -> list[str]:
    """Return what is wrong, as codes `option.<name>`, `gate.missing`; empty when all is well."""
    found = [f"option.{name}" for name, value in REQUIRED.items() if options.get(name) != value]
    hosts = options.get("server.allowedHosts")
    if not isinstance(hosts, list) or not hosts or any("*" in str(host) for host in hosts):
        found.append("option.server.allowedHosts")
    if options.get("server.corsAllowedOrigins"):
        found.append("option.server.corsAllowedOrigins")
    size = options.get("server.maxUploadSize")
    if not isinstance(size, int) or size > LARGEST_UPLOAD_MB:
        found.append("option.server.maxUploadSize")
    return found + _missing(list(middleware))


def _missing(middleware: list[object]) -> list[str]:
    """The gate has to stand in front of everything but the headers."""
    if Gate not in middleware:
        return ["gate.missing"]
    found = [] if SecurityHeaders in middleware else ["headers.missing"]
    before = middleware[: middleware.index(Gate)]
    return found + (["gate.not_first"] if set(before) - {SecurityHeaders} else [])


def refuse_unsafe(options: Mapping[str, object], *, middleware: Iterable[object]) -> None:
    """Raise Unavailable `config.unsafe`, which names each problem, unless there is none."""
    found = problems(options, middleware=middleware)
    if found:
        log.critical("refusing to start, unsafe configuration: %s", ", ".join(found))
        raise Unavailable("config.unsafe", problems=found)
