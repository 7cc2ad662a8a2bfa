"""`comtrap deploy`: rules with their exceptions into a space of Kibana, and what was changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.cli.deploy_actions import apply, drift, plan, prune
from comtrap.cli.deploy_pull import pull
from comtrap.cli.kibana_options import add_options
from comtrap.deploy.connection import KEY_VARIABLE, URL_VARIABLE
from comtrap.rules.load import DEFAULT

if TYPE_CHECKING:
    import argparse

ACTIONS = {
    "plan": (plan, "what apply would do, and what prune would"),
    "apply": (apply, "bring the space to what the files say, and look whether it is"),
    "drift": (drift, "what in the space is not as the files say; exit with 1 if something is"),
    "prune": (prune, "delete what is ours in the space and no longer in the files"),
    "pull": (pull, "what people changed in the space, as files"),
}


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments: one sub-command an action."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "deploy", help="rules into a running Kibana: plan, apply, drift, prune, pull", description=__doc__
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, (action, about) in ACTIONS.items():
        one = actions.add_parser(name, help=about, description=about)
        one.set_defaults(action=action)
        where = f"where the rules are; may be repeated (default: {DEFAULT})"
        one.add_argument("--rules", action="append", metavar="PACK|DIR|FILE", help=where)
        add_options(one)
        _add_connection(one)
        more = one.add_argument
        if name in {"plan", "apply", "drift"}:
            more("--adopt", action="store_true", help="take over rules and lists that have our id, but not our mark")
        if name == "apply":
            more("--dry-run", action="store_true", help="say what would be sent, and send nothing; needs no Kibana")
        if name == "prune":
            more("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
        if name in {"plan", "drift"}:
            more("--dry-run", action="store_true", help="as without it: nothing is changed either way")
        if name == "pull":
            more("--dry-run", action="store_true", help="say what would be written, and write nothing")
            more("--output", required=True, metavar="DIR", help="where to write; files of the same names are replaced")
            more("--all", action="store_true", help="write what is as the files say as well")
        more("--format", choices=["text", "json"], default="text", help="for people or for programs")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what was asked; gives the exit code: 1 where the space is not as the files say."""
    return int(args.action(args))


def _add_connection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("connection")
    more = group.add_argument
    more("--url", metavar="URL", help=f"Kibana, such as https://kibana.example:5601 (default: {URL_VARIABLE})")
    more("--space", default="default", metavar="ID", help="the space (default: default)")
    key = f"file that holds the API key, nothing else (default: the key in {KEY_VARIABLE})"
    more("--api-key-file", metavar="FILE", help=key)
    more("--ca-file", metavar="FILE", help="certificates of the authorities to trust, PEM (default: the usual ones)")
    more("--fingerprint", metavar="SHA256", help="of the server's certificate: trust this one, and no other")
    more("--timeout", type=float, default=60.0, metavar="SECONDS", help="how long to wait for an answer (default: 60)")
