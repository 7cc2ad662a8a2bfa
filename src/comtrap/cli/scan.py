"""`comtrap scan`: run the rules over logs."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap import sinks
from comtrap.cli.notes import Notes
from comtrap.registry import load
from comtrap.rules.load import load_rules
from comtrap.rules.rule import Severity
from comtrap.scan import Result, scan

if TYPE_CHECKING:
    import argparse

SEVERITIES = [s.word for s in Severity]


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("scan", help="run the rules over logs", description=__doc__)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, archives; - for standard input")
    parser.add_argument("--rules", action="append", metavar="PACK|DIR|FILE", help="rules to run (default: com_abuse)")
    parser.add_argument("--format", default="console", help="console or ndjson (default: console)")
    parser.add_argument("--output", metavar="FILE", help="write alerts there instead of to standard output")
    parser.add_argument("--min-severity", choices=SEVERITIES, default="low", help="leave out alerts below")
    parser.add_argument("--fail-on", choices=SEVERITIES, help="exit 1 if an alert is at or above")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)"
    )
    parser.add_argument("--stats", metavar="FILE", help="write counts as JSON")
    parser.add_argument("--strict", action="store_true", help="exit 3 if any input is unusable")
    parser.add_argument("--quiet", action="store_true", help="no progress and no notes")
    return parser


def run(args: argparse.Namespace) -> int:
    """Scan, write the alerts, say what was read; gives the exit code."""
    sink = load(sinks, args.format, "Sink")
    rules = load_rules(*(args.rules or ()))
    notes = Notes(quiet=args.quiet)
    with notes.progress() as progress:
        result = scan(args.paths, rules, jobs=max(1, args.jobs), progress=progress)
    least = Severity[args.min_severity.upper()]
    result.alerts = [a for a in result.alerts if a.rule.severity >= least]
    with ExitStack() as stack:
        out = sys.stdout
        if args.output is not None:
            out = stack.enter_context(Path(args.output).open("w", encoding="utf-8", newline="\n"))
        writer = stack.enter_context(sink.Sink(out))
        for alert in result.alerts:
            writer.write(alert)
    if args.stats is not None:
        Path(args.stats).write_text(json.dumps(result.stats, indent=2) + "\n", "utf-8")
    notes.summary(result, rules)
    return _code(args, result)


def _code(args: argparse.Namespace, result: Result) -> int:
    failed = {name.partition("!")[0] for name in result.problems.failed}
    if result.interrupted:
        return 130
    if result.rule_errors:
        return 2
    if failed and (args.strict or (result.events == 0 and len(failed) >= result.files)):
        return 3
    worst = max((a.rule.severity for a in result.alerts), default=None)
    return int(args.fail_on is not None and worst is not None and worst >= Severity[args.fail_on.upper()])
