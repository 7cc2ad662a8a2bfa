"""Which files there are to read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.remote.address import is_address
from comtrap.sources.stream import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.problems import Problems

STDIN = "-"


def files(paths: Iterable[str], problems: Problems) -> list[str]:
    """The files named and those in the folders named, each once, in ascending order.

    ``-`` and addresses of Elasticsearch stay as they are.

    Links are followed, but no folder is walked twice. In folders only regular files count.

    Args:
        paths: files and folders.
        problems: takes what is missing or cannot be looked into.
    """
    found: set[str] = set()
    walked: set[tuple[int, int]] = set()
    for path in paths:
        if path == STDIN or is_address(path):
            found.add(path)
            continue
        try:
            mode = Path(path).stat().st_mode
        except (OSError, ValueError) as error:
            problems.fail(printable(path), f"cannot be read: {reason(error)}")
            continue
        found.update(_below(path, walked, problems) if stat.S_ISDIR(mode) else (path,))
    return _once(sorted(found))


def printable(path: str) -> str:
    """A path as text that can be written anywhere; bytes of its name that are no text become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace") if not path.isascii() else path


def _below(top: str, walked: set[tuple[int, int]], problems: Problems) -> Iterator[str]:
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in walked:
                continue
            walked.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            problems.fail(printable(folder), f"cannot be read: {reason(error)}")
            continue
        for name in names:
            path = str(Path(folder) / name)
            try:
                mode = Path(path).stat().st_mode
            except OSError as error:
                problems.fail(printable(path), f"cannot be read: {reason(error)}")
                continue
            if stat.S_ISDIR(mode):
                folders.append(path)
            elif stat.S_ISREG(mode):
                yield path


def _once(paths: list[str]) -> list[str]:
    """Without the second and further names of the same file."""
    seen: set[str] = set()
    out = []
    for path in paths:
        real = path if path == STDIN or is_address(path) else os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            out.append(path)
    return out
