"""`comtrap scorecard`: per rule, the attacks it catches, its false alarms, and when it was last proved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.cli.exits import BROKEN, RAN
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.cli.scores import as_data, lines
from comtrap.errors import PluginError
from comtrap.proof.prove import promises_of
from comtrap.proof.scorecard import scorecard
from comtrap.rules.load import DEFAULT, load_rules, locate

if TYPE_CHECKING:
    import argparse


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "scorecard", help="what each rule has shown", description=__doc__
    )
    more = parser.add_argument
    more("--rules", default=DEFAULT, metavar="PACK|DIR|FILE", help=f"what to look at (default: {DEFAULT})")
    more("--attacks", nargs="+", default=[], metavar="PATH", help="logs with attacks in them")
    more("--benign", nargs="+", default=[], metavar="PATH", help="logs in which every alert is a false alarm")
    more("--record", metavar="FILE", help="keep there on which day each rule was last proved")
    more("--format", choices=["text", "json"], default="text", help="for people or for programs")
    more("--output", metavar="FILE", help="write there instead of to standard output")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the scores; gives the exit code: 1 if a rule is broken."""
    rules = load_rules(args.rules)
    proved = _recorded(args.record)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    scores = scorecard(
        rules, promises_of(locate(args.rules)), attacks=args.attacks, benign=args.benign, proved=proved, today=today
    )
    if args.record is not None:
        days = proved | {str(score.rule.id): score.last_proved for score in scores if score.last_proved}
        Path(args.record).write_text(json.dumps(days, indent=1, sort_keys=True) + "\n", "utf-8")
    with output(args.output) as out:
        if args.format == "json":
            json.dump([as_data(score) for score in scores], out, indent=2)
            out.write("\n")
        else:
            out.writelines(shown(line) + "\n" for line in lines(scores))
    return BROKEN if any(score.wrong for score in scores) else RAN


def _recorded(path: str | None) -> dict[str, str]:
    """The days that were kept; none where there is no such file yet."""
    if path is None or not Path(path).exists():
        return {}
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PluginError(f"{path} is no record of a scorecard: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(day, str) for day in found.values()):
        raise PluginError(f"{path} is no record of a scorecard")
    return found
