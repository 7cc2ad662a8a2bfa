"""Finding extensions: a file in one of our folders, or an entry point of someone else's package."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from comtrap.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def every(package: ModuleType, *wanted: str) -> Iterator[tuple[str, Any]]:
    """Each extension of one kind, by name in ascending order.

    Args:
        package: the folder that holds our own; its dotted name is the entry-point group of everyone else's.
        wanted: the names that make a module an extension, such as ``sniff`` and ``read``; modules beside the
            extensions that lack one (the concept, its parts) are passed over.
    """
    ours, theirs = _ours(package), {e.name: e for e in entry_points(group=package.__name__)}
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
    if name in ours and not entry_points(group=package.__name__, name=name):
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
