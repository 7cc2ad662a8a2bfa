"""Where data goes: a file, or standard output, whose reader may go away."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_FAR_AS_IT_CAN = "comtrap-as-far-as-it-can"
"""How text is written in an encoding that lacks some of its characters: lines and arrows as ASCII has them, others as
``\\u65e5``. Nothing is lost, and nothing ends the run."""

BUFFERED = 256 << 10
"""Bytes of a file that are written at once: an alert alone has tens of thousands."""

_LIKE = str.maketrans({"─": "-", "━": "=", "…": "~", "→": ">", "·": "-", "✓": "+"})


def _alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_LIKE)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(AS_FAR_AS_IT_CAN, _alike)


def never_lacking() -> None:
    """Let standard output and standard error take any text, whatever their encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=AS_FAR_AS_IT_CAN)


@contextmanager
def output(path: str | None) -> Iterator[TextIO]:
    """An open text file: that of a path, emptied, or standard output.

    Files are UTF-8 with line feeds. Standard output keeps a terminal's encoding, and is as files are anywhere else. When
    its reader goes away, the rest is dropped in silence: that is how `head` ends its input.
    """
    if path is not None:
        with Path(path).open("w", BUFFERED, encoding="utf-8", newline="\n") as out:
            yield out
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors=AS_FAR_AS_IT_CAN, newline="\n")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes again at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
