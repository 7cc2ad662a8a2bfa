"""RE2 as conditions run it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def matches(regex: str, value: str) -> bool:
    """Whether the whole value matches."""
    return bool(pc.match_substring_regex(pa.array([value]), rf"\A(?:{regex})\z")[0].as_py())
