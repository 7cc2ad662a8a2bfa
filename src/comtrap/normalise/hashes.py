"""Sysmon's hashes: ``SHA1=…,MD5=…,SHA256=…,IMPHASH=…`` in one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.normalise.values import Each, First, Part, text

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

_ORDER = ("sha256", "sha1", "md5", "imphash")


def parse(hashes: str) -> dict[str, str | list[str]]:
    """Algorithm to value, both lower case, all-zero values dropped; ``all`` has them in Elastic's order."""
    pairs = [item.partition("=") for item in hashes[:4096].split(",")]
    found = {k.strip().lower(): v.strip().lower() for k, _, v in pairs if v.strip("0 ")}
    out: dict[str, str | list[str]] = {**found}
    out["all"] = [found[k] for k in _ORDER if k in found]
    return out


HASHES = Each(parse, (First((text("Hashes"), text("Hash"))),))


def hashes_of(owner: str) -> dict[str, Expr]:
    """The hash fields of a process, file or library."""
    out: dict[str, Expr] = {f"{owner}.hash.{k}": Part(HASHES, k) for k in ("md5", "sha1", "sha256")}
    return {**out, f"{owner}.pe.imphash": Part(HASHES, "imphash")}


RELATED: dict[str, Expr] = {"related.hash": Part(HASHES, "all")}
