"""comtrap: detects abuse of the Windows Component Object Model in exported logs, in Elastic's EQL, offline."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comtrap.errors import ComtrapError, QueryError
    from comtrap.lang.ast import Query
    from comtrap.lang.parse import parse
    from comtrap.lang.unparse import unparse
    from comtrap.normalise.normalise import normalise
    from comtrap.rules.load import load_rules
    from comtrap.scan import scan
    from comtrap.search import Index, evaluate, search

__version__ = "0.1.0"
__all__ = [
    "ComtrapError",
    "Index",
    "Query",
    "QueryError",
    "evaluate",
    "load_rules",
    "normalise",
    "parse",
    "scan",
    "search",
    "unparse",
]

# Imported when asked for: every process of a run imports this package, and needs a part of it.
_FOUND_IN = {
    "ComtrapError": "comtrap.errors",
    "Index": "comtrap.search",
    "Query": "comtrap.lang.ast",
    "QueryError": "comtrap.errors",
    "evaluate": "comtrap.search",
    "load_rules": "comtrap.rules.load",
    "normalise": "comtrap.normalise.normalise",
    "parse": "comtrap.lang.parse",
    "scan": "comtrap.scan",
    "search": "comtrap.search",
    "unparse": "comtrap.lang.unparse",
}


def __getattr__(name: str) -> Any:
    """A public name, when it is first asked for."""
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_FOUND_IN[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """This package: a public name stays what it is when the module of that name is imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in _FOUND_IN or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
