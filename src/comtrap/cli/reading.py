"""The options that say how inputs are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.cli.passwords import add_passwords, passwords_of
from comtrap.sources.manner import Manner

if TYPE_CHECKING:
    import argparse


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


def manner_of(args: argparse.Namespace) -> Manner:
    """What was asked for.

    Raises:
        SourceError: passwords cannot be read, or there are too many.
    """
    return Manner(passwords_of(args), slack=args.slack, verify=args.verify)
