"""`comtrap scan`: run the rules over logs."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from comtrap.cli.alert_output import alert_output, tell_written
from comtrap.cli.collecting import rarely
from comtrap.cli.excepting import add_exceptions, exceptions_of
from comtrap.cli.exits import ALERTS, INTERRUPTED, RAN, UNUSABLE, WRONG_RULE
from comtrap.cli.notes import Notes
from comtrap.cli.reading import add_push_down, add_reading, manner_of
from comtrap.cli.suppressing import add_suppression, suppression_of
from comtrap.rules.load import DEFAULT, locate
from comtrap.rules.load import load as load_files
from comtrap.rules.rule import Severity
from comtrap.scan import Result, scan
from comtrap.sinks.summary import Summarised

SEVERITIES = [s.word for s in Severity]


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("scan", help="run the rules over logs", description=__doc__)
    more = parser.add_argument
    more("paths", nargs="+", metavar="PATH", help="files, folders, archives; - is standard input")
    more(
        "--rules", action="append", metavar="PACK|DIR|FILE", help=f"rules to run; may be repeated (default: {DEFAULT})"
    )
    more(
        "--format",
        default="console",
        metavar="NAME",
        help="console or html for people, ndjson for programs, parquet, csv, timesketch, navigator (default: console)",
    )
    where = "write the alerts there instead of to standard output; elasticsearch+https://HOST/INDEX is an index"
    more("--output", metavar="FILE", help=where)
    more(
        "--building-blocks",
        action="store_true",
        help="ndjson: one more line for each event of a sequence, as Elastic has",
    )
    more("--min-severity", choices=SEVERITIES, default="low", help="run only rules of this severity and above")
    add_exceptions(parser)
    add_suppression(parser)
    more("--fail-on", choices=SEVERITIES, help="exit with 1 if there is an alert of this severity or above")
    more("--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N", help="processes to use (default: one a core)")
    more("--cluster", metavar="URL", help="run on Spark: local[N], spark://HOST:PORT or sc://… (needs comtrap[spark])")
    add_reading(parser)
    add_push_down(parser)
    more("--stats", metavar="FILE", help="write what was read, skipped and found there, as JSON")
    more("--strict", action="store_true", help="exit with 3 if any input is unusable")
    more("--quiet", action="store_true", help="say only what went wrong")
    return parser


def run(args: argparse.Namespace) -> int:
    """Scan, write the alerts, say what was read; gives the exit code."""
    suppressing = suppression_of(args)
    manner = manner_of(args)
    notes = Notes(quiet=args.quiet)
    rules, wrong = load_files(locate(name) for name in args.rules or (DEFAULT,))
    rules = [rule for rule in rules if rule.severity >= Severity[args.min_severity.upper()]]
    excepted, expired, wrong_exceptions = exceptions_of(args)
    wrong += wrong_exceptions
    notes.wrong_rules(wrong)
    notes.exceptions(excepted, expired)
    if wrong and not rules:
        return WRONG_RULE
    if args.jobs == 1:
        pa.set_cpu_count(1)
    with rarely(), alert_output(args) as made:
        with notes.progress() as progress:
            how: dict[str, Any] = {"exceptions": excepted, "suppression": suppressing, "manner": manner}
            if args.cluster is not None:
                from comtrap.cluster.run import scan_on  # noqa: PLC0415 - most scans need none of it

                result = scan_on(args.cluster, args.paths, rules, **how)
            else:
                result = scan(args.paths, rules, **how, jobs=args.jobs, progress=progress)
        notes.wrong_rules(result.rule_errors)
        with made() as writer:
            for alert in result.alerts:
                writer.write(alert)
            if isinstance(writer, Summarised):
                writer.finish(result.summary(args.paths))
    if args.stats is not None:
        Path(args.stats).write_text(json.dumps(result.stats, indent=2) + "\n", "utf-8")
    notes.problems(result)
    notes.summary(result)
    code = _code(args, result, wrong=bool(wrong))
    return code if tell_written(writer, notes) or code == INTERRUPTED else UNUSABLE


def _code(args: argparse.Namespace, result: Result, *, wrong: bool) -> int:
    failed = result.tally.problems.failed
    if result.interrupted:
        return INTERRUPTED
    if wrong or result.rule_errors:
        return WRONG_RULE
    if failed and (args.strict or not result.usable):
        return UNUSABLE
    least = Severity[(args.fail_on or "low").upper()]
    return ALERTS if args.fail_on and any(s >= least for s in result.alerts.severities()) else RAN


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, found {text!r}")
    return int(text)
