"""`comtrap query`: EQL over logs, answered as Elasticsearch answers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from comtrap.cli.answers import FORMATS
from comtrap.cli.exits import INTERRUPTED, RAN, UNUSABLE
from comtrap.cli.output import output
from comtrap.cli.queries import query_text
from comtrap.cli.query_notes import QueryNotes
from comtrap.cli.query_options import add_options, request_of
from comtrap.cli.reading import manner_of
from comtrap.errors import PluginError
from comtrap.scanning.asked import ask
from comtrap.scanning.query import query
from comtrap.scanning.silence import silence

if TYPE_CHECKING:
    import argparse

    from comtrap.scanning.query import Answer


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("query", help="EQL over logs", description=__doc__)
    parser.add_argument("eql", metavar="EQL", help="a query; @FILE for one in a file")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, archives; - is standard input")
    add_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the query, write what it finds, say what was read; gives the exit code."""
    if args.fields and args.format != "table":
        raise PluginError("--fields is for --format table")
    text, name = query_text(args.eql)
    asked = ask(text, request_of(args), name)
    if args.jobs == 1:
        pa.set_cpu_count(1)
    manner = manner_of(args)
    notes = QueryNotes(quiet=args.quiet)
    notes.unmapped(asked)
    with output(args.output) as out:
        with notes.progress() as progress:
            answer = query(asked, args.paths, jobs=args.jobs, progress=progress, manner=manner)
        with answer:
            FORMATS[args.format](answer, args.fields or asked.shown, out)
            notes.answered(answer)
            told = len(answer) or asked.request.size == 0 or answer.interrupted or args.quiet
            if not told and answer.tally.problems.is_narrowed:
                notes.tell("nothing found; with --no-push-down all events are read, and it is said why")
            elif not told:
                with notes.progress() as progress:
                    why = silence(answer, jobs=args.jobs, progress=progress, manner=manner)
                notes.why_nothing(answer, why)
    if args.stats is not None:
        Path(args.stats).write_text(json.dumps(answer.stats, indent=2) + "\n", "utf-8")
    return _code(args, answer)


def _code(args: argparse.Namespace, answer: Answer) -> int:
    if answer.interrupted:
        return INTERRUPTED
    failed = answer.tally.problems.failed and (args.strict or not answer.tally.usable(answer.inputs))
    return UNUSABLE if failed else RAN
