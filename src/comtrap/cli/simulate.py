"""`comtrap simulate`: the telemetry that an attack leaves, made up, for tests of rules and pipelines."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from comtrap.cli.exits import RAN
from comtrap.cli.output import output
from comtrap.proof.simulate import DEFAULT, SENSORS, Setting, find, simulate
from comtrap.proof.simulation.attacks import ATTACKS


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "simulate",
        help="write the telemetry that an attack leaves",
        description=__doc__,
        epilog="attacks and their parameters:\n" + "\n".join(_listed()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    more = parser.add_argument
    more("attack", metavar="TEST|ACTOR", help=f"one of {', '.join(ATTACKS)}")
    more("--as", dest="sensor", default="winlogbeat", metavar="SENSOR", help=f"one of {', '.join(SENSORS)}")
    more("--set", action="append", default=[], type=_parameter, metavar="NAME=VALUE", help="a parameter of the attack")
    more("--seed", type=int, default=DEFAULT.seed, metavar="N", help="another one gives other ids and pauses")
    more("--start", type=_moment, default=DEFAULT.start, metavar="TIME", help="when it begins, ISO 8601, in UTC")
    more("--host", default=DEFAULT.host, metavar="NAME", help="the machine")
    more("--output", metavar="FILE", help="write there instead of to standard output")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write the telemetry, one document a line; gives the exit code."""
    setting = Setting(args.host, seed=args.seed, start=args.start, parameters=dict(args.set))
    documents = simulate(find(args.attack), args.sensor, setting)
    with output(args.output) as out:
        out.writelines(json.dumps(document, separators=(",", ":")) + "\n" for document in documents)
    return RAN


def _listed() -> list[str]:
    return [f"  {a.name:<18}{a.title} ({', '.join(a.parameters)})" for a in ATTACKS.values()]


def _parameter(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name, value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-03-10T08:30:00, found {text!r}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
