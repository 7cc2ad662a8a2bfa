"""The arguments that say how rules are written for Kibana."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from comtrap.errors import together
from comtrap.export.kibana_rule import MARK, Options
from comtrap.rules.exception_file import load_exceptions, locate_exceptions

if TYPE_CHECKING:
    from comtrap.rules.exceptions import ExceptionList

_STACK = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d+)?")


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--exceptions``, ``--index``, ``--data-view``, ``--stack``, ``--enable`` and ``--mark``."""
    more = parser.add_argument
    named = "exceptions that come with the rules; may be repeated (default: none)"
    more("--exceptions", action="append", default=[], metavar="FILE|DIR|NAME", help=named)
    index = (
        "keep only index patterns like this one, and write NAME for them; may be repeated (default: all, as they are)"
    )
    more("--index", action="append", default=[], type=_pair, metavar="PATTERN[=NAME]", help=index)
    more("--data-view", default="", metavar="ID", help="a data view to read instead of index patterns")
    stack = (
        "version of the Elastic Stack: no fields that came later, and techniques as its ATT&CK has them (default: 9.0)"
    )
    more("--stack", type=_version, default=Options().stack, metavar="VERSION", help=stack)
    more("--enable", action="store_true", help="rules that are new there run at once (default: they are off)")
    mark = f"the tag by which rules and exceptions are known as ours (default: {MARK})"
    more("--mark", type=_tag, default=MARK, metavar="TAG", help=mark)


def options_of(args: argparse.Namespace) -> dict[str, Any]:
    """What was given, as `comtrap.export.kibana` takes it.

    Raises:
        PluginError: a name is neither a path nor one of the exceptions that come with comtrap.
        RuleError: a file of exceptions is wrong; further wrong files are in its notes.
    """
    options = Options(args.stack, tuple(args.index), args.data_view, args.enable, args.mark)
    return {"exceptions": exceptions_of(args), "options": options}


def exceptions_of(args: argparse.Namespace) -> list[ExceptionList]:
    """The files of exceptions, expired ones included: Kibana judges that by its own clock.

    Raises:
        PluginError: a name is neither a path nor one of the exceptions that come with comtrap.
        RuleError: a file is wrong; further wrong files are in its notes.
    """
    lists, wrong = load_exceptions(locate_exceptions(name) for name in args.exceptions)
    if wrong:
        raise together(wrong)
    return lists


def _pair(text: str) -> tuple[str, str]:
    like, _, name = text.partition("=")
    if not like or (name == "" and "=" in text):
        raise argparse.ArgumentTypeError(f"expected PATTERN or PATTERN=NAME, found {text!r}")
    return like, name


def _version(text: str) -> tuple[int, int]:
    found = _STACK.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected a version such as 8.18, found {text!r}")
    return int(found[1]), int(found[2])


def _tag(text: str) -> str:
    if not text.strip() or '"' in text or "\\" in text or not text.isprintable():
        raise argparse.ArgumentTypeError("expected a tag: text without quotes and backslashes")
    return text
