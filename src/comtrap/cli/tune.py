"""`comtrap tune`: exceptions for a rule's false alarms, proved to hide no known attack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.cli.exits import RAN
from comtrap.cli.lines import shown
from comtrap.errors import PluginError
from comtrap.proof.tune import as_toml, could_hide, tune
from comtrap.rules.load import DEFAULT, load_rules

if TYPE_CHECKING:
    import argparse

    from comtrap.rules.rule import Rule


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "tune", help="propose exceptions for a rule's false alarms", description=__doc__
    )
    more = parser.add_argument
    more("rule", metavar="RULE", help="a rule's file name, id or name")
    more("--benign", nargs="+", required=True, metavar="PATH", help="logs in which every alert is a false alarm")
    more("--attacks", nargs="+", default=[], metavar="PATH", help="logs in which every alert must stay")
    more("--rules", default=DEFAULT, metavar="PACK|DIR|FILE", help=f"where the rule is (default: {DEFAULT})")
    more("--output", metavar="FILE", help="write the exceptions that hide nothing there")
    return parser


def run(args: argparse.Namespace) -> int:
    """Propose exceptions, say what each takes away and could hide; gives the exit code."""
    rule = _named(args.rule, load_rules(args.rules))
    proposals = tune(rule, args.benign, args.attacks)
    if not proposals:
        print(f"{rule.path.stem} raises no alert on these logs: nothing to tune")
    for number, proposal in enumerate(proposals, 1):
        print(shown(f"{number}. {proposal.alarms} false alarms, the first at {proposal.example}"))
        if proposal.item is None:
            print("   they share too little for an exception that would not hide attacks; look at the rule itself")
            continue
        for entry in proposal.item.entries:
            print(shown(f"   {entry.field} {entry.kind} {', '.join(entry.values)}"))
        print(f"   takes away {proposal.suppressed} of the false alarms")
        print(shown(f"   {could_hide(proposal.item)}"))
        for lost in proposal.lost:
            print(shown(f"   REFUSED: it would hide the attack at {lost}"))
    safe = [proposal.item for proposal in proposals if proposal.item is not None and not proposal.lost]
    if args.output is not None and safe:
        Path(args.output).write_text(as_toml(rule, safe), "utf-8")
        print(f"{len(safe)} exceptions written; put in owner, reason and ticket", file=sys.stderr)
    return RAN


def _named(name: str, rules: list[Rule]) -> Rule:
    for rule in rules:
        if name in {rule.path.stem, rule.path.name, str(rule.id), rule.name}:
            return rule
    raise PluginError(f"no rule called {name!r}; `comtrap rules list` shows them")
