"""`comtrap rules`: what the rules are, whether they are right, and whether they do what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.cli.excepting import add_exceptions
from comtrap.cli.rule_actions import lint, list_rules, show, test
from comtrap.rules.load import DEFAULT

if TYPE_CHECKING:
    import argparse

ACTIONS = {
    "list": (list_rules, "all rules, one a line"),
    "show": (show, "all that is said of some rules"),
    "lint": (lint, "what is wrong with rules and exceptions, and what could be better"),
    "test": (test, "run each rule over its hits and its near misses, per event source"),
}


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser("rules", help="list, show, lint, test", description=__doc__)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, (action, about) in ACTIONS.items():
        one = actions.add_parser(name, help=about, description=about)
        one.set_defaults(action=action)
        where = f"where the rules are (default: {DEFAULT})"
        if name == "show":
            one.add_argument("names", nargs="+", metavar="RULE", help="a rule's file name, id, name or behaviour")
            one.add_argument("--rules", action="append", dest="paths", metavar="PACK|DIR|FILE", help=where)
        else:
            one.add_argument("paths", nargs="*", metavar="PACK|DIR|FILE", help=where)
        one.add_argument("--format", choices=["text", "json"], default="text", help="for people or for programs")
        if name == "lint":
            add_exceptions(one)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what was asked; gives the exit code: 2 if something is wrong with a rule, or with what it does."""
    return int(args.action(args))
