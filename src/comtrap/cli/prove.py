"""`comtrap prove`: whether the rules find what they promise to, on simulated attacks, samples and captures."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from comtrap.cli.exits import BROKEN, RAN
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.cli.published import prove_published
from comtrap.proof.junit import junit, problems
from comtrap.proof.promises import Capture, read_promises
from comtrap.proof.prove import Check, promises_of, prove, prove_capture
from comtrap.rules.load import DEFAULT, load_rules, locate

if TYPE_CHECKING:
    import argparse


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("prove", help="try the rules on attacks", description=__doc__)
    more = parser.add_argument
    more(
        "paths",
        nargs="*",
        metavar="PATH",
        help="captures to try as well, or .toml files that promise something of some",
    )
    more("--rules", default=DEFAULT, metavar="PACK|DIR|FILE", help=f"what to try (default: {DEFAULT})")
    more("--published", action="store_true", help="what the published query catches, misses and why, instead")
    more("--format", choices=["text", "json"], default="text", help="for people or for programs")
    more("--junit", metavar="FILE", help="write the results there as JUnit does")
    more("--output", metavar="FILE", help="write there instead of to standard output")
    more("--verbose", action="store_true", help="every sample, and every expected event")
    return parser


def run(args: argparse.Namespace) -> int:
    """Try everything, print a table; gives the exit code: 1 if a promise is broken."""
    rules = load_rules(args.rules)
    promises = promises_of(locate(args.rules))
    given = [capture for path in args.paths for capture in _captures(Path(path))]
    if args.published:
        return prove_published(args, rules, promises, given)
    checks = [*prove(rules, promises), *(prove_capture(rules, capture) for capture in given)]
    with output(args.output) as out:
        if args.format == "json":
            json.dump([asdict(check) | {"kept": check.kept} for check in checks], out, indent=2)
            out.write("\n")
        else:
            _table(checks, out, verbose=args.verbose)
    if args.junit is not None:
        Path(args.junit).write_text(junit(checks), "utf-8")
    broken = sum(not check.kept for check in checks)
    print(f"{len(checks)} checks, {broken} broken" if broken else f"{len(checks)} checks, all kept", file=sys.stderr)
    return BROKEN if broken else RAN


def _captures(path: Path) -> tuple[Capture, ...]:
    return read_promises(path).captures if path.suffix == ".toml" else (Capture(path, (), quiet=False),)


def _table(checks: list[Check], out: TextIO, *, verbose: bool) -> None:
    shown_ones = [check for check in checks if verbose or check.kind != "sample" or not check.kept]
    width = max((len(check.name) for check in shown_ones), default=0)
    for check in shown_ones:
        mark = "ok  " if check.kept else "FAIL"
        expected = len(check.present) + len(check.missing)
        events = f"{len(check.present)}/{expected} events" if expected else ""
        alerts = f"{', '.join(check.fired) or check.reason}" if check.kind != "sample" else ""
        print(shown(f"{mark} {check.name:<{width}}  {check.source:<12} {events:<12}{alerts}".rstrip()), file=out)
        lines = [f"present: {text}" for text in check.present] if verbose else []
        for line in [*lines, *problems(check)]:
            print(shown(f"       {line}"), file=out)
    samples = [check for check in checks if check.kind == "sample"]
    kept = sum(check.kept for check in samples)
    print(f"{'ok  ' if kept == len(samples) else 'FAIL'} samples: {kept} of {len(samples)} as they should be", file=out)
