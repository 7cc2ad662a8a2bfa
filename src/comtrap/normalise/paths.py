"""The parts of a Windows path, cut as Elastic's pipelines cut them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.normalise.values import Each

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr


def name(path: str) -> str | None:
    """What follows the last backslash; None without one, or where nothing follows."""
    return path.rpartition("\\")[2] or None if "\\" in path else None


def directory(path: str) -> str | None:
    """What is before the last backslash."""
    return path.rpartition("\\")[0] or None


def extension(path: str) -> str | None:
    """What follows the last dot of the whole path."""
    return path.rpartition(".")[2] or None if "." in path else None


def file_of(path: Expr) -> dict[str, Expr]:
    """The ``file.*`` fields that a path gives."""
    return {
        "file.path": path,
        "file.name": Each(name, ("file.path",)),
        "file.directory": Each(directory, ("file.path",)),
        "file.extension": Each(extension, ("file.path",)),
    }


def executable_of(path: Expr, process: str = "process") -> dict[str, Expr]:
    """The name and path of a process."""
    return {f"{process}.executable": path, f"{process}.name": Each(name, (f"{process}.executable",))}
