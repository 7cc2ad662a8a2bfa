"""Where what comtrap remembers between runs is kept, unless the user says where."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def state_of(paths: Iterable[str]) -> Path:
    """The file that remembers a watch over some paths; its folder is made."""
    named = "\0".join(sorted(os.path.realpath(path) for path in paths))
    folder = _folder() / "comtrap"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"watch-{sha256(named.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.db"


def _folder() -> Path:
    """Of the user's, by the habits of the system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
