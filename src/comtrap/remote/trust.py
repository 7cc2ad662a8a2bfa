"""What a server has to show before anything is said to it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from comtrap.errors import PluginError

LONGEST_TIMEOUT = 3_600


def fingerprint_of(given: str | None) -> str:
    """A certificate's sha256 as lower-case hex; empty where none is given.

    Raises:
        PluginError: it is none.
    """
    found = (given or "").replace(":", "").lower()
    if found and re.fullmatch(r"[0-9a-f]{64}", found) is None:
        raise PluginError(
            "a fingerprint is the sha256 of the server's certificate: 64 hex digits, with colons or without"
        )
    return found


def authorities(file: str | None) -> Path | None:
    """The file of the certificates to trust.

    Raises:
        PluginError: there is no such file.
    """
    if file is not None and not Path(file).is_file():
        raise PluginError(f"no file of certificates {file!r}")
    return Path(file) if file is not None else None


def checked_timeout(seconds: float) -> float:
    """The seconds.

    Raises:
        PluginError: nobody waits that long.
    """
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise PluginError(f"a timeout is more than 0 and at most {LONGEST_TIMEOUT} seconds, found {seconds:g}")
    return seconds


def is_here(host: str) -> bool:
    """Whether a host is this machine by its name alone, so that nothing leaves it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
