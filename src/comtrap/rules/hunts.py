"""Hunting queries of a pack: they show more than rules may alert on, and need somebody who looks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1 << 16  # bytes of one hunt
MOST = 500  # hunts of one pack


@dataclass(frozen=True, slots=True)
class Hunt:
    """One hunt.

    Attributes:
        look_for: Markdown: what in the answer is worth a look.
        query: EQL, as written.
        behaviours: those of the rules whose alerts it goes on from.
    """

    title: str
    look_for: str
    query: str
    behaviours: tuple[str, ...] = ()


def read_hunts(pack: Path) -> list[Hunt]:
    """The hunts of ``hunts/*.toml`` in a pack's folder, by file name; those that are none are passed over."""
    folder = pack / "hunts"
    out: list[Hunt] = []
    for path in sorted(folder.glob("*.toml"))[:MOST] if folder.is_dir() else ():
        hunt = _read(path)
        if hunt is not None:
            out.append(hunt)
    return out


def _read(path: Path) -> Hunt | None:
    try:
        if path.stat().st_size > LIMIT:
            return None
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    texts = [said.get(name) for name in ("title", "look_for", "query")]
    behaviours = said.get("behaviours", [])
    if not all(isinstance(text, str) for text in texts) or not isinstance(behaviours, list):
        return None
    title, look_for, query = (str(text).strip() for text in texts)
    return Hunt(title, look_for, query, tuple(b for b in behaviours if isinstance(b, str)))
