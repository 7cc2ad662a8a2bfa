"""The options that say how inputs are read."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime

from comtrap.cli.access import access_of, add_access
from comtrap.cli.passwords import add_passwords, passwords_of
from comtrap.errors import PluginError
from comtrap.remote.address import address, is_address
from comtrap.sources.manner import Manner


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_passwords(parser)
    slack = (
        "EVTX: read records in the slack space of chunks too, which the log has given up; the member [slack] has them"
    )
    parser.add_argument("--slack", action="store_true", help=slack)
    verify = (
        "EVTX: compare the checksums of the file's header and of each chunk; wrong ones are said, and cost no event"
    )
    parser.add_argument("--verify", action="store_true", help=verify)
    add_access(parser)
    group = parser.add_argument_group("Elasticsearch, as an input")
    since = "only events of this time or later, such as 2026-03-10 or 2026-03-10T09:00:00Z (default: all)"
    group.add_argument("--since", type=_moment, metavar="TIME", help=since)
    group.add_argument("--until", type=_moment, metavar="TIME", help="only events before this time (default: all)")


def add_push_down(parser: argparse.ArgumentParser) -> None:
    """The option of commands that need not see every event."""
    told = "read all events of an index, rather than those that its cluster says could matter (the result is the same)"
    parser.add_argument("--no-push-down", dest="push_down", action="store_false", help=told)


def manner_of(args: argparse.Namespace) -> Manner:
    """What was asked for.

    Raises:
        SourceError: passwords cannot be read, or there are too many.
        PluginError: an address of Elasticsearch, or what goes with it, cannot be used.
    """
    addresses = [path for path in args.paths if is_address(path)]
    if (args.since or args.until) and len(addresses) < len(args.paths):
        raise PluginError("--since and --until are for indices of Elasticsearch; of files all events are read")
    manner = Manner(passwords_of(args), slack=args.slack, verify=args.verify)
    if not addresses:
        return manner
    allowed = access_of(args)
    for path in addresses:
        address(path, plain=allowed.plain)
    asks = getattr(args, "push_down", False)
    return replace(manner, access=allowed, since=args.since, until=args.until, push_down=asks)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-03-10T09:00:00Z, found {text!r}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
