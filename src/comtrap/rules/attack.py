"""ATT&CK techniques by id, with their names."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from comtrap.rules.rule import Technique


@cache
def _names() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/attack.toml").read_text("utf-8"))


def technique(written: str) -> Technique | None:
    """The technique a rule writes as ``T1559.001``, or with the tactic it serves there as ``T1546.015/TA0004``.

    Without one it is the technique's first tactic. None where there is no such technique or tactic.
    """
    name, _, tactic = written.partition("/")
    known = _names()["techniques"].get(name)
    if known is None:
        return None
    tactic = tactic or known["tactics"][0]
    title = _names()["tactics"].get(tactic)
    return None if title is None else Technique(name, known["name"], tactic, title)


def technique_name(name: str) -> str | None:
    """What ATT&CK calls a technique or sub-technique."""
    known = _names()["techniques"].get(name)
    return None if known is None else str(known["name"])
