"""The hosting guard: whatever meets personal data is declared with its place, and may only be in a place that is allowed.

Health data stay with a certified host (CSP L1111-8), where the controller chose to have them. Places are ISO 3166: `FR`, `FR-75` within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

HERE = "HERE"
LOCAL_NAMES = ("localhost",)


class Used(NamedTuple):
    """Something that meets personal data: what it is, and the name under which its place is declared (a host, a region, a print house)."""

    what: str
    name: str


def hosts_of(url: str) -> list[str]:
    """Return every host that a URL names, also those that libpq takes from its query; one empty name where it names none."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    lists = [parts.netloc.rpartition("@")[2], *asked.get("host", ()), *asked.get("hostaddr", ())]
    named = [host for one in lists for host in one.split(",")]
    return [host for host in map(_without_port, named) if host] or [""]


def place_of(name: str, places: Mapping[str, str]) -> str | None:
    """Return the place of a name: as declared, `HERE` for this machine (loopback, a socket file), else None."""
    return HERE if _is_here(name) else places.get(name)


def misplaced(used: Iterable[Used], places: Mapping[str, str], allowed: Sequence[str]) -> list[str]:
    """Return, for everything that has no place or is where it may not be, what to tell: it names the thing and never a secret."""
    told = []
    for what, name in used:
        place = place_of(name, places)
        if not name:
            told.append(f"the {what} names no host: give its URL one, and declare that")
        elif place is None:
            told.append(f"the {what} {name} has no declared place")
        elif place != HERE and not any(place == one or place.startswith(f"{one}-") for one in allowed):
            told.append(f"the {what} {name} is in {place}, which is not allowed")
    return told


def _is_here(name: str) -> bool:
    if name in LOCAL_NAMES or name.startswith("/"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.startswith("/") else host.partition(":")[0]
