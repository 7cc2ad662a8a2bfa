"""Which fields hold several values, for files in which that is a matter of the column's type."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "many.toml"


@cache
def holds_many(name: str) -> bool:
    """Whether a field is a list wherever it stands, even if it has one value."""
    return _pattern().fullmatch(name) is not None


@cache
def _pattern() -> re.Pattern[str]:
    patterns: list[str] = tomllib.loads(_DATA.read_text("utf-8"))["patterns"]
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))
