"""Points in time as exports write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_PLAIN = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?")
_TICKS = re.compile(r"\\?/Date\((-?\d{1,15})\)\\?/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(written: Any) -> str | None:
    """ISO 8601; a text without an offset is UTC, a number seconds since 1970.

    What is neither stays as it is, for whoever reads it to say so.
    """
    if isinstance(written, str) and written.endswith("Z"):
        return written
    if isinstance(written, bool) or written is None:
        return None
    if isinstance(written, int | float):
        return _since(float(written)) or str(written)
    if not isinstance(written, str):
        return None
    if _PLAIN.fullmatch(written):
        return written.replace(" ", "T").replace(",", ".") + "Z"
    ticks = _TICKS.fullmatch(written)
    return written if ticks is None else _since(int(ticks[1]) / 1000) or written


def _since(seconds: float) -> str | None:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat()
    except (OverflowError, ValueError):
        return None
