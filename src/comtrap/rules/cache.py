"""Files of what was worked out before, which may be deleted at any time.

They lie in the user's cache folder, or where ``COMTRAP_CACHE`` says; ``COMTRAP_CACHE=off`` is without any. A file is named by
what its content follows from, the program included, so it is never out of date. One that is damaged, too large, or
another user's to write is as good as none, and so is a folder that cannot be written.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
import unicodedata
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 64 << 20  # of one file
MOST_FILES = 64  # the oldest above these are deleted

_PACKAGE = Path(__file__).parent.parent
_CODE = (
    "__init__.py",
    "errors.py",
    "schema",
    "lang",
    "check",
    "com",
    "plan",
    "rules",
)  # what a compiled rule follows from
_OURS = re.compile(r"(rules|plan)-[0-9a-f]{64}(\.json|\..*\.part)")


def folder() -> Path | None:
    """Where the files lie; None for nowhere."""
    said = os.environ.get("COMTRAP_CACHE", "")
    if said:
        return None if said == "off" else Path(said)
    try:
        home = Path.home()
    except RuntimeError:  # this user has none
        return None
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "comtrap" / "Cache" if local else None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "comtrap"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else home / ".cache") / "comtrap"


def key_of(parts: Iterable[bytes]) -> str | None:
    """The name of what follows from these bytes, this program and this Python; None where none is needed, or the program cannot be read."""
    code = None if folder() is None else _code()
    if code is None:
        return None
    found = hashlib.sha256(code)
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def read(kind: str, key: str | None) -> bytes | None:
    """What was kept under a name; None if nothing was, or it is not as it was written."""
    where = folder()
    if where is None or key is None:
        return None
    try:
        content = _content(where / f"{kind}-{key}.json")
    except (OSError, ValueError):  # ValueError: a name with a null character
        return None
    sealed, _, data = content.partition(b"\n")
    return data if sealed == _seal(kind, key, data) else None


def write(kind: str, key: str | None, data: bytes) -> None:
    """Keep something under a name, if that can be done."""
    where = folder()
    if where is None or key is None or len(data) > MOST_BYTES // 2:
        return
    part: Path | None = None
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f"{kind}-{key}.", suffix=".part", dir=where)
        part = Path(name)
        with os.fdopen(number, "wb") as out:
            out.write(_seal(kind, key, data) + b"\n" + data)
        part.replace(where / f"{kind}-{key}.json")
        _tidy(where)
    except (OSError, ValueError):
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _content(path: Path) -> bytes:
    """A file's bytes; none of one that is no file, is too large, or that others may have written."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
            return b""
        if hasattr(os, "geteuid") and (about.st_uid != os.geteuid() or about.st_mode & 0o022):
            return b""
        return file.read(MOST_BYTES)


def _seal(kind: str, key: str, data: bytes) -> bytes:
    return hashlib.sha256(b"\n".join((kind.encode(), key.encode(), data))).hexdigest().encode()


def _tidy(where: Path) -> None:
    """Delete our oldest files, where there are more than we keep."""
    ours = [entry for entry in os.scandir(where) if _OURS.fullmatch(entry.name)]
    if len(ours) > MOST_FILES:
        for entry in sorted(ours, key=lambda each: each.stat(follow_symlinks=False).st_mtime_ns)[:-MOST_FILES]:
            with suppress(OSError):
                Path(entry.path).unlink(missing_ok=True)


@cache
def _code() -> bytes | None:
    """What tells this program from any other that compiles rules."""
    found = hashlib.sha256(f"{sys.version} {unicodedata.unidata_version}".encode())
    try:
        for path in (path for name in _CODE for path in _sources(_PACKAGE / name)):
            found.update(f"\n{path.relative_to(_PACKAGE).as_posix()} ".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return None
    return found.digest()


def _sources(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(each for suffix in ("py", "json", "toml") for each in path.rglob(f"*.{suffix}"))
