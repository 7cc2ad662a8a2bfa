"""Keys that order addresses and versions: bytes that compare as the values do."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.check.literals import address
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"(?P<main>{_NUMBER}(?:\.{_NUMBER})*)"
    rf"(?:-(?P<early>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+(?P<build>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)


def canonical(text: str) -> str | None:
    """An address in its one canonical spelling; None if it is not one."""
    number = address(text)
    if number is None:
        return None
    if number >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(number))


def address_key(text: str) -> bytes | None:
    """Sixteen bytes that order as addresses do."""
    number = address(text)
    return None if number is None else number.to_bytes(16, "big")


@lru_cache(maxsize=4096)
def version_key(text: str) -> bytes:
    """Bytes that order as versions do: by semantic version, early before final, text that is no version last.

    Source: the version field type of Elasticsearch; any number of main parts is a version, build suffixes order last.
    """
    parts = _VERSION.fullmatch(text)
    if parts is None:
        return b"\xff" + text.encode("utf-8", "surrogatepass")
    key = b".".join(_digits(number) for number in parts["main"].split("."))
    key += b"\x02" if parts["early"] is None else b"\x01" + b"\x00".join(map(_identifier, parts["early"].split(".")))
    return key if parts["build"] is None else key + b"\x00\x00" + parts["build"].encode()


def _digits(number: str) -> bytes:
    return len(number).to_bytes(4, "big") + number.encode()


def _identifier(part: str) -> bytes:
    return b"\x01" + _digits(part) if part.isdigit() else b"\x02" + part.encode()


def keys(values: pa.Array, kind: Type) -> pa.Array:
    """Values of type IP or VERSION as binary keys that compare as they do; nulls, and what is no address, as null."""
    encoded = values.dictionary_encode()
    key: Callable[[str], bytes | None] = address_key if kind is Type.IP else version_key
    made = pa.array([None if v is None else key(v) for v in encoded.dictionary.to_pylist()], pa.binary())
    return made.take(encoded.indices)
