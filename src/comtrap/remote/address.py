"""Where an index of Elasticsearch is, as people write it where a path is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from comtrap.errors import PluginError
from comtrap.remote.trust import is_here

PREFIX = "elasticsearch+"
PORT = 9200  # Elasticsearch's own
LONGEST = 4_096  # characters of an address
_FORM = f"{PREFIX}https://HOST[:PORT]/INDEX"
# Source: the create index API; a cluster's name before a colon is a remote one's, a dash before a name leaves it out.
_NAME = re.compile(r"-?(?:[\w*.-]+:-?)?[^\s\\/?\"<>|,#:A-Z\x00-\x1f\x7f]+")
_LONGEST_NAME = 255  # bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Some indices of one cluster.

    Attributes:
        url: of the cluster, with its port and without a slash at its end.
        index: names, patterns and aliases, joined by commas.
    """

    url: str
    index: str

    @property
    def is_one(self) -> bool:
        """Whether it is the name of one index, alias or data stream of this cluster, so that it can be written to."""
        return not any(mark in self.index for mark in ",*:") and not self.index.startswith("-")


def is_address(path: str) -> bool:
    """Whether a path is no file, but an address."""
    return path.startswith(PREFIX)


def address(given: str, *, plain: bool = False) -> Address:
    """An address taken apart.

    Args:
        given: ``elasticsearch+https://HOST[:PORT]/INDEX``; a path before the index is that of a proxy.
        plain: whether another machine may be talked to without encryption.

    Raises:
        PluginError: it is none. The message does not repeat a password.
    """
    if len(given) > LONGEST:
        raise PluginError(f"an address of Elasticsearch has at most {LONGEST:,} characters")
    try:
        parts = urlsplit(given.removeprefix(PREFIX))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise PluginError(f"the address of Elasticsearch cannot be read; expected {_FORM}") from None
    if parts.username is not None or parts.password is not None:
        raise PluginError("the address of Elasticsearch holds a user or a password: they belong into the environment")
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or not is_address(given):
        raise PluginError(f"{given!r} is no address of an index: expected {_FORM}")
    if parts.scheme == "http" and not (plain or is_here(host)):
        raise PluginError(
            f"{given!r} is not encrypted, and what is sent would be read on the way: use {PREFIX}https, or --plain-http"
        )
    before, _, index = parts.path.rstrip("/").rpartition("/")
    name = f"[{host}]" if ":" in host else host
    return Address(f"{parts.scheme}://{name}:{PORT if port is None else port}{before}", _checked(unquote(index), given))


def _checked(index: str, given: str) -> str:
    if not index:
        raise PluginError(f"{given!r} names no index: expected {_FORM}")
    for name in index.split(","):
        if _NAME.fullmatch(name) is None or name[0] in "_+" or name in {".", ".."}:
            raise PluginError(f"{name!r} is no name of an index, nor a pattern of such names")
        if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
            raise PluginError(f"the name of an index has at most {_LONGEST_NAME} bytes")
    if index.startswith("-"):
        raise PluginError(f"{index!r} only leaves indices out")
    return index
