"""ATT&CK techniques by id, with their names, in each version of ATT&CK that is asked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from comtrap.rules.rule import Technique

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = (18, 19)
"""The versions that are known, oldest first; a rule may name techniques of any, and those of the first by default."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of ATT&CK, as far as rules need it.

    Attributes:
        tactics: names by id.
        techniques: name and ids of tactics by id; the first tactic is the one that is meant where none is said.
        instead: what a technique of another version is here.
    """

    tactics: Mapping[str, str]
    techniques: Mapping[str, Any]
    instead: Mapping[str, str]


@cache
def edition(version: int) -> Edition:
    """ATT&CK of one of `VERSIONS`."""
    names = tomllib.loads(files(__package__).joinpath("data/attack.toml").read_text("utf-8"))
    later = names["v19"]
    if version < VERSIONS[-1]:
        return Edition(names["tactics"], names["techniques"], {new: old for old, new in later["revoked"].items()})
    kept = {name: known for name, known in names["techniques"].items() if name not in later["revoked"]}
    return Edition(names["tactics"] | later["tactics"], kept | later["techniques"], later["revoked"])


def technique(written: str) -> Technique | None:
    """The technique a rule writes as ``T1559.001``, or with the tactic it serves there as ``T1546.015/TA0004``.

    Without one it is the technique's first tactic. None where no version has such a technique or tactic.
    """
    name, _, tactic = written.partition("/")
    known = next((found for v in VERSIONS if (found := edition(v).techniques.get(name)) is not None), None)
    if known is None:
        return None
    tactic = tactic or known["tactics"][0]
    title = next((found for v in VERSIONS if (found := edition(v).tactics.get(tactic)) is not None), None)
    return None if title is None else Technique(name, known["name"], tactic, title)


def technique_name(name: str) -> str | None:
    """What ATT&CK calls a technique or sub-technique."""
    known = technique(name)
    return None if known is None else known.name


def in_version(given: Technique, version: int) -> Technique:
    """A technique as one of `VERSIONS` has it: by the id, the name and a tactic that it has there."""
    there = edition(version)
    name = given.id if given.id in there.techniques else there.instead.get(given.id, given.id)
    known = there.techniques.get(name)
    if known is None:
        return given
    tactic = given.tactic if given.tactic in known["tactics"] else known["tactics"][0]
    return Technique(name, known["name"], tactic, there.tactics[tactic])
