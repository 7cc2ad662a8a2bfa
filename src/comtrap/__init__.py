"""comtrap: detects abuse of the Windows Component Object Model in exported logs, in Elastic's EQL, offline."""

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
