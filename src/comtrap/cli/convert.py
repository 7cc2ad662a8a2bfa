"""`comtrap convert`: any input as ECS documents, for other tools, for a cluster, or to read it faster the next time."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, cast

from comtrap.cli.exits import INTERRUPTED, RAN, UNUSABLE
from comtrap.cli.notes import Notes
from comtrap.cli.output import output
from comtrap.cli.reading import add_reading, manner_of
from comtrap.errors import PluginError
from comtrap.registry import load
from comtrap.scanning import writers
from comtrap.scanning.convert import convert
from comtrap.scanning.writers.writer import Target

if TYPE_CHECKING:
    import argparse
    import io


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert", help="any input as ECS documents", description=__doc__
    )
    more = parser.add_argument
    more("paths", nargs="+", metavar="PATH", help="files, folders, archives; - is standard input")
    more("--to", required=True, metavar="FORMAT", help="ndjson or parquet")
    more(
        "--output",
        metavar="FILE|DIR",
        help="a file, or a folder for files of 250,000 events each (ndjson: standard output unless given)",
    )
    add_reading(parser)
    more("--strict", action="store_true", help="exit with 3 if any input is unusable")
    more("--quiet", action="store_true", help="say only what went wrong")
    return parser


def run(args: argparse.Namespace) -> int:
    """Convert, say what was read; gives the exit code."""
    writer = load(writers, args.to, "Writer", "SUFFIX").Writer
    notes = Notes(quiet=args.quiet)
    manner = manner_of(args)
    result = None
    with ExitStack() as stack:
        if args.output is not None:
            target = Target.of(args.output, args.paths)
        elif args.to == "ndjson":
            out = cast("io.TextIOWrapper", stack.enter_context(output(None)))
            target = Target(None, stream=cast("IO[bytes]", out.buffer))
        else:
            raise PluginError(f"--to {args.to} needs an --output: it cannot be written to standard output")
        progress = stack.enter_context(notes.progress(beside=target.stream))
        result = convert(args.paths, writer(target), target=target.path, progress=progress, manner=manner)
    if result is None:  # whoever read standard output has gone away
        return RAN
    notes.unread(result.tally.problems)
    notes.converted(result)
    if result.interrupted:
        return INTERRUPTED
    return UNUSABLE if result.tally.problems.failed and (args.strict or not result.usable) else RAN
