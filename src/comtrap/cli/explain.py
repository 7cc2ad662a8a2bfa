"""`comtrap explain`: what a query means, and why it matched what it matched and missed what it missed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from comtrap.cli.excepting import add_exceptions, exceptions_of
from comtrap.cli.exits import INTERRUPTED, RAN, UNUSABLE
from comtrap.cli.notes import FAILED, Notes
from comtrap.cli.output import output
from comtrap.cli.painting import paint, pen
from comtrap.explain.as_data import as_data
from comtrap.explain.explain import Wish, explain
from comtrap.explain.render.render import render
from comtrap.explain.subject import find
from comtrap.sinks.plain import plain


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain", help="say what a query means, and why it matched or missed", description=__doc__
    )
    more = parser.add_argument
    more("subject", metavar="QUERY|RULE", help="EQL, or a rule by its id, name, slug or file")
    more("paths", nargs="*", metavar="PATH", help="files, folders, archives; - is standard input; none: the plan alone")
    more("--rules", action="append", metavar="PACK|DIR|FILE", help="where rules are looked for (default: the packs)")
    add_exceptions(parser)
    more("--limit", type=_count, default=5, metavar="N", help="matches, near misses and keys to show (default: 5)")
    more(
        "--event",
        action="append",
        type=_count,
        metavar="POSITION",
        help="the event at this place of its file; may be repeated",
    )
    more("--record", action="append", metavar="RECORD_ID", help="the event with this record id; may be repeated")
    more(
        "--format", choices=("text", "json"), default="text", help="text for people, json for programs (default: text)"
    )
    more("--output", metavar="FILE", help="write there instead of to standard output")
    more("--quiet", action="store_true", help="no progress")
    return parser


def run(args: argparse.Namespace) -> int:
    """Explain; gives the exit code."""
    excepted, expired, wrong = exceptions_of(args)
    if wrong:
        raise wrong[0]
    notes = Notes(quiet=args.quiet)
    notes.exceptions((), expired)
    subject = find(args.subject, args.rules or (), excepted)
    wish = Wish(args.limit, frozenset(args.event or ()), frozenset(args.record or ()))
    with notes.progress() as progress:
        found = explain(subject, args.paths, wish, progress)
    with output(args.output) as out:
        if args.format == "json":
            # ASCII alone, so that what a log holds does nothing to a terminal.
            out.write(json.dumps(as_data(found), indent=2) + "\n")
        else:
            paint(render(found, pen(out)), out)
    if found.seen is None:
        return RAN
    for where, why in sorted(found.seen.problems.failed.items())[:FAILED]:
        print(f"not read: {plain(where)}: {plain(why)}", file=sys.stderr)
    if found.interrupted:
        return INTERRUPTED
    return RAN if found.seen.usable else UNUSABLE


def _count(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"expected a number from 0, found {text!r}")
    return int(text)
