"""Finding extensions: a file in one of our folders, or an entry point of someone else's package."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint
    from types import ModuleType

_GROUP = b"[comtrap."
"""How the groups of extensions begin where a package names its entry points."""


def every(package: ModuleType, *wanted: str) -> Iterator[tuple[str, Any]]:
    """Each extension of one kind, by name in ascending order.

    Args:
        package: the folder that holds our own; its dotted name is the entry-point group of everyone else's.
        wanted: the names that make a module an extension, such as ``sniff`` and ``read``; modules beside the
            extensions that lack one (the concept, its parts) are passed over.
    """
    ours, theirs = _ours(package), _theirs(package)
    for name in sorted({*ours, *theirs}):
        module = theirs[name].load() if name in theirs else importlib.import_module(ours[name])
        if _has(module, wanted):
            yield name, module


def load(package: ModuleType, name: str, *wanted: str) -> Any:
    """One extension by name; of the others none is imported unless it is missing.

    Raises:
        PluginError: no file and no entry point answers to the name; lists those there are.
    """
    ours = _ours(package)
    if name in ours and name not in _theirs(package):
        module = importlib.import_module(ours[name])
        if _has(module, wanted):
            return module
    found = dict(every(package, *wanted))
    if name not in found:
        raise PluginError(f"no {package.__name__} called {name!r}; there are {', '.join(found)}")
    return found[name]


def _has(module: Any, wanted: tuple[str, ...]) -> bool:
    # The concept itself, a protocol, may have the name that its implementations have.
    found = [getattr(module, name, None) for name in wanted]
    return all(thing is not None and not getattr(thing, "_is_protocol", False) for thing in found)


def _ours(package: ModuleType) -> dict[str, str]:
    return {m.name: f"{package.__name__}.{m.name}" for m in pkgutil.iter_modules(package.__path__)}


def _theirs(package: ModuleType) -> dict[str, EntryPoint]:
    """The entry points of other packages by name, mostly none."""
    if not _is_any(tuple((place, _changed(place)) for place in sys.path)):
        return {}
    # Dear: it takes apart what every installed package says of itself.
    from importlib.metadata import entry_points  # noqa: PLC0415 - and it brings all there is for mail along

    return {point.name: point for point in entry_points(group=package.__name__)}


def _changed(place: str) -> int | None:
    """When something was last added to a folder; None for one that is not there."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return None


@lru_cache(8)
def _is_any(places: tuple[tuple[str, int | None], ...]) -> bool:
    """Whether an installed package may have extensions of ours; True where only `importlib.metadata` can tell.

    Args:
        places: the folders that Python imports from, each with its time, so that what is new there is seen.
    """
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    if finders != [PathFinder]:
        return True
    try:
        return any(_names_group(Path(place)) for place, there in places if there is not None)
    except OSError:
        return True


def _names_group(place: Path) -> bool:
    """Whether some package in a folder names entry points of ours; True for what is no folder, such as a zip file.

    Raises:
        OSError: it cannot be read.
    """
    if not place.is_dir():
        return True
    with os.scandir(place) as entries:
        kept = [entry.path for entry in entries if entry.name.lower().endswith((".dist-info", ".egg-info"))]
    for folder in (*kept, str(place / "EGG-INFO")):
        try:
            with open(f"{folder}{os.sep}entry_points.txt", "rb") as listed:  # noqa: PTH123 - one for each package
                if _GROUP in listed.read():
                    return True
        except (FileNotFoundError, NotADirectoryError):
            continue
    return False
