"""Which hosts and origins are ours, and whose request it is. Pure but for reading the settings."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from core.settings import settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Site:
    """Under which names this installation is reached, and which proxies stand in front of it."""

    hosts: frozenset[str]
    origins: frozenset[str]
    proxies: tuple[Network, ...]
    is_secure: bool


def site() -> Site:
    """Return how this installation is reached, from the settings."""
    known = settings()
    return _site(known.site_url, known.link_url, known.trusted_proxies)


@lru_cache(maxsize=8)
def _site(site_url: str, link_url: str, proxies: str) -> Site:
    hosts = {urlsplit(url).hostname or "" for url in (site_url, link_url)} - {""}
    networks = tuple(
        ipaddress.ip_network(text.strip(), strict=False)
        for text in proxies.split(",")
        if text.strip()
    )
    origins = frozenset(filter(None, (origin_of(site_url), origin_of(link_url))))
    is_secure = urlsplit(site_url).scheme == "https"
    return Site(frozenset(hosts) | LOOPBACK, origins, networks, is_secure)


def host_name(header: str) -> str | None:
    """Return the name in a Host header without its port, or None when it is not one."""
    try:
        parts = urlsplit(f"//{header}")
        name, _ = parts.hostname, parts.port  # reading the port proves that it is a number
    except ValueError:
        return None
    is_bare = parts.netloc == header and "@" not in header and not parts.path and not parts.query
    return name.rstrip(".") if name and is_bare and not parts.fragment else None


def is_own_host(header: str, known: Site) -> bool:
    """Return whether a request with this Host header is meant for us."""
    return host_name(header) in known.hosts


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, with the usual ports left out."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != usual else "")


def is_own_origin(origin: str, host: str, known: Site) -> bool:
    """Return whether a request that claims this Origin was made by a page of ours.

    That is a configured address, or, without https, the very host and port the request was sent
    to (a machine in the local network reached by another name of the loopback or the LAN).
    """
    claimed = origin_of(origin)
    if not claimed:
        return False
    if claimed in known.origins:
        return True
    return host_name(host) in LOOPBACK and claimed == origin_of(f"http://{host}")


def client_ip(peer: str, forwarded: str, known: Site) -> str:
    """Return the address of the client.

    `forwarded` (X-Forwarded-For) counts only when the peer is a proxy of ours, and only up to
    the last address that is not one: everything before it was written by whoever asked.
    """
    if not _is_proxy(peer, known):
        return peer
    for text in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_address(text):
            return peer
        if not _is_proxy(text, known):
            return text
    return peer


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_proxy(text: str, known: Site) -> bool:
    if not _is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return any(address in network for network in known.proxies)
