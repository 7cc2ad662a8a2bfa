"""`comtrap watch`: the rules over files that grow, alert by alert."""

from __future__ import annotations

import argparse
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pyarrow as pa

from comtrap import sinks
from comtrap.cli.excepting import add_exceptions, exceptions_of
from comtrap.cli.exits import INTERRUPTED, RAN, WRONG_RULE
from comtrap.cli.notes import Notes
from comtrap.cli.output import output
from comtrap.cli.state import state_of
from comtrap.errors import PluginError
from comtrap.registry import load
from comtrap.remote.address import is_address
from comtrap.rules.load import DEFAULT, locate
from comtrap.rules.load import load as load_files
from comtrap.rules.suppression import as_duration
from comtrap.sources.walk import STDIN
from comtrap.watch.watch import begin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from comtrap.watch.watch import Watch

FORMATS = ("line", "ndjson", "timesketch")
_STDOUT = "-"


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "watch", help="run the rules over files that grow", description=__doc__
    )
    more = parser.add_argument
    more("paths", nargs="+", metavar="PATH", help="files and folders; files that are yet to come are found")
    more(
        "--rules", action="append", metavar="PACK|DIR|FILE", help=f"rules to run; may be repeated (default: {DEFAULT})"
    )
    more("--format", default="line", choices=FORMATS, help="line for people, ndjson for programs (default: line)")
    more("--output", metavar="FILE", help="add the alerts there, each once, whatever happens to this process")
    more("--state", metavar="FILE", help="where to remember what was read (default: in the user's folder)")
    more("--every", type=_seconds, default=2.0, metavar="SECONDS", help="how often to look (default: 2)")
    more("--late", type=_duration, default="1m", metavar="TIME", help="how late an event may be written (default: 1m)")
    more("--once", action="store_true", help="look once, tell what is known, and end")
    more("--end", action="store_true", help="the same, and nothing more will come: settle what waits")
    more("--quiet", action="store_true", help="say only what went wrong")
    add_exceptions(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Watch until interrupted; gives the exit code."""
    if STDIN in args.paths:
        raise PluginError("standard input does not grow: give it to comtrap scan")
    if any(map(is_address, args.paths)):
        raise PluginError("an index of Elasticsearch cannot be watched: give it to comtrap scan --since TIME")
    sink = load(sinks, args.format, "Sink").Sink
    notes = Notes(quiet=args.quiet)
    rules, wrong = load_files(locate(name) for name in args.rules or (DEFAULT,))
    excepted, expired, wrong_exceptions = exceptions_of(args)
    notes.wrong_rules([*wrong, *wrong_exceptions])
    notes.exceptions(excepted, expired)
    if (wrong or wrong_exceptions) and not rules:
        return WRONG_RULE
    pa.set_cpu_count(1)
    late_ns = int(args.late.total_seconds() * 1e9)
    watch = begin(args.paths, rules, str(args.state or state_of(args.paths)), exceptions=excepted, late_ns=late_ns)
    notes.wrong_rules(watch.wrong)
    if watch.journal.forgotten:
        notes.say("the rules are not those of before: what waited for them is forgotten")
    interrupted = False
    with _opened(args.output, watch) as out:
        try:
            _follow(args, watch, sink(out), out, notes)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            watch.journal.close()
    notes.problems_since(watch.tally.problems)
    notes.watched(watch.tally)
    return INTERRUPTED if interrupted else WRONG_RULE if wrong or wrong_exceptions or watch.wrong else RAN


def _follow(args: argparse.Namespace, watch: Watch, sink: Any, out: TextIO, notes: Notes) -> None:
    where = _STDOUT if args.output is None else str(Path(args.output).resolve())
    while True:
        for some in watch.step(time.time_ns(), last=args.end):
            for alert in some:
                sink.write(alert)
            out.flush()
            watch.told(some, where, 0 if args.output is None else out.tell())
        notes.problems_since(watch.tally.problems)
        if args.once or args.end:
            return
        time.sleep(args.every)


@contextmanager
def _opened(path: str | None, watch: Watch) -> Iterator[TextIO]:
    """Standard output, or a file behind what is known to have been told there."""
    if path is None:
        with output(None) as out:
            yield out
        return
    with Path(path).open("a+", encoding="utf-8", newline="\n") as out:
        size = out.seek(0, 2)
        written = watch.journal.written(str(Path(path).resolve()))
        if written is not None and written < size:
            # Written, but the process ended before that was known: it is told again.
            out.truncate(written)
            out.seek(0, 2)
        yield out


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0.05 <= found <= 3600:
        raise argparse.ArgumentTypeError(f"expected seconds from 0.05 to 3600, found {text!r}")
    return found


def _duration(text: str) -> timedelta:
    try:
        return as_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
