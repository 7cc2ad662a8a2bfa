"""The options of `comtrap query`, and the request that they make up."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from comtrap.cli.answers import FORMATS
from comtrap.cli.reading import add_push_down, add_reading
from comtrap.scanning.asked import Request

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1 << 31  # answers, as in Elasticsearch
USUAL = Request()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Everything but the query and the paths."""
    more = parser.add_argument
    more("--size", type=_number(0), default=USUAL.size, metavar="N", help="the most answers to give (default: 10)")
    position = "the end to give them from (default: tail)"
    more("--result-position", choices=("head", "tail"), default=USUAL.position, help=position)
    samples = "samples that may share a key (default: 1)"
    more("--max-samples-per-key", type=_number(1), default=USUAL.samples_per_key, metavar="N", help=samples)
    for what in ("category", "timestamp"):
        name, usual = f"--{'event-' * (what == 'category')}{what}-field", getattr(USUAL, f"{what}_field")
        more(name, default=usual, metavar="FIELD", help=f"where events have it (default: {usual})")
    more("--tiebreaker-field", metavar="FIELD", help="what orders events of one time, before their order in the files")
    more("--format", choices=sorted(FORMATS), default="table", help="table for people (default), json, ndjson")
    more("--fields", type=_names, metavar="A,B,…", help="of a table (default: those that the query names)")
    more("--output", metavar="FILE", help="write there instead of to standard output")
    jobs = "processes to use (default: one a core)"
    more("--jobs", type=_number(1), default=os.cpu_count() or 1, metavar="N", help=jobs)
    add_reading(parser)
    add_push_down(parser)
    more("--stats", metavar="FILE", help="write what was read, skipped and found there, as JSON")
    more("--strict", action="store_true", help="exit with 3 if any input is unusable")
    more("--quiet", action="store_true", help="say only what went wrong")


def request_of(args: argparse.Namespace) -> Request:
    """What goes with the query."""
    return Request(
        size=args.size,
        position=args.result_position,
        samples_per_key=args.max_samples_per_key,
        category_field=args.event_category_field,
        timestamp_field=args.timestamp_field,
        tiebreaker_field=args.tiebreaker_field,
    )


def _number(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) < MOST):
            raise argparse.ArgumentTypeError(f"expected a number from {least} to {MOST - 1}, found {text!r}")
        return int(text)

    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
