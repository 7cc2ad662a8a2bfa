"""Where the alerts of a scan go: a file, standard output, an index of Elasticsearch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from comtrap import sinks
from comtrap.cli.access import access_of
from comtrap.cli.output import output
from comtrap.errors import PluginError
from comtrap.registry import load
from comtrap.remote.address import is_address
from comtrap.sinks.sink import Answered

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from comtrap.cli.notes import Notes

_DOCUMENTS = {"console", "ndjson"}  # the first is what is asked for where nothing is


@contextmanager
def alert_output(args: argparse.Namespace) -> Iterator[Callable[[], Any]]:
    """What makes the output that was asked for; it is open until it is left.

    Raises:
        PluginError: there is no such output.
        DeployError: the Elasticsearch that alerts are to go to does not want them.
    """
    sink = load(sinks, args.format, "Sink").Sink
    if args.building_blocks and args.format != "ndjson":
        raise PluginError("--building-blocks is for --format ndjson")
    if args.output is None or not is_address(args.output):
        with output(args.output) as out:
            yield lambda: sink(out, blocks=True) if args.building_blocks else sink(out)
        return
    if args.format not in _DOCUMENTS:
        raise PluginError(f"an index takes alerts as documents, not as --format {args.format}")
    from comtrap.sinks import elasticsearch  # noqa: PLC0415 - most alerts go elsewhere

    with elasticsearch.opened(args.output, access_of(args), blocks=args.building_blocks) as index:
        yield lambda: index


def tell_written(writer: Any, notes: Notes) -> bool:
    """Say what became of the alerts; gives whether all of them are where they should be."""
    if not isinstance(writer, Answered):
        return True
    notes.say(f"{writer.added:,} documents written, {writer.known:,} were there")
    for why, count in writer.refused.most_common():
        notes.lost(f"{count:,} documents were refused: {why}")
    return not writer.refused
