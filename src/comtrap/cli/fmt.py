"""`comtrap fmt`: queries laid out for people, their words and comments kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from comtrap.cli.exits import RAN, UNUSABLE, WOULD_CHANGE, WRONG_RULE
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.cli.queries import below, difference, read_query
from comtrap.errors import ComtrapError, PluginError, QueryError, RuleError, SourceError
from comtrap.rules.rewrite import laid_out, of_query, replace
from comtrap.sources.walk import STDIN

if TYPE_CHECKING:
    import argparse

_SEVERE = (WRONG_RULE, UNUSABLE, WOULD_CHANGE, RAN)  # the worst first


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("fmt", help="lay out queries for people", description=__doc__)
    more = parser.add_argument
    about = "queries, files, folders of .eql and .toml files; - is standard input"
    more("texts", nargs="+", metavar="EQL|PATH", help=about)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="only say what is not laid out; exit with 1 if something is not"
    )
    how.add_argument("--write", action="store_true", help="change the files")
    more("--diff", action="store_true", help="print what is, or would be, changed instead of the whole")
    return parser


def run(args: argparse.Namespace) -> int:
    """Lay out what was given; gives the exit code: that of the worst there was."""
    codes = {RAN}
    with output(None) as out:
        for given in (one for text in args.texts for one in below(text)):
            try:
                codes.add(_one(given, args, out))
            except (QueryError, RuleError) as error:
                print(shown(str(error)), file=sys.stderr)
                codes.add(WRONG_RULE)
            except (ComtrapError, OSError) as error:
                print(shown(f"comtrap: {error}"), file=sys.stderr)
                codes.add(UNUSABLE)
    return next(code for code in _SEVERE if code in codes)


def _one(given: str | Path, args: argparse.Namespace, out: TextIO) -> int:
    """Lay out one text and do with it what was asked; gives the exit code for it."""
    name = str(given) if isinstance(given, Path) or given == STDIN else "query"
    if isinstance(given, Path):
        found = laid_out(given)
    else:
        text = read_query(given)
        found = text, of_query(text, name)
    if found is None:
        if name in args.texts:
            raise SourceError(f"{name}: there is no EQL in it")
        return RAN
    before, after = found
    if args.diff:
        out.writelines(difference(before, after, name))
    elif not args.check and not args.write:
        out.write(after)
    if args.write and not isinstance(given, Path):
        raise PluginError(f"--write changes files, and {name} is none")
    if before == after:
        return RAN
    if args.write:
        replace(Path(given), after)
    if args.write or args.check:
        print(shown(f"{'laid out' if args.write else 'not laid out'}: {name}"), file=sys.stderr)
    return WOULD_CHANGE if args.check else RAN
