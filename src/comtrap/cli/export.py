"""`comtrap export`: rules in another platform's words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap import export
from comtrap.cli import kibana_options
from comtrap.cli.exits import RAN
from comtrap.cli.lines import shown
from comtrap.errors import PluginError
from comtrap.registry import every
from comtrap.rules.load import DEFAULT, load_rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from comtrap.export.target import Exported, Note

_OWN = {"kibana": kibana_options}
"""Modules of targets that have arguments of their own: `add_options` and `options_of`."""


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments: one sub-command a target."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export", help="rules in another platform's words", description=__doc__
    )
    targets = parser.add_subparsers(title="targets", metavar="TARGET", required=True)
    for name, target in every(export, "ABOUT", "export"):
        one = targets.add_parser(name, help=target.ABOUT, description=target.ABOUT)
        one.set_defaults(target=target, own=_OWN.get(name))
        into = "FILE" if hasattr(target, "SUFFIX") else "DIR"
        one.add_argument("--output", required=True, metavar=into, help="where to write; what is there is replaced")
        where = f"where the rules are (default: {DEFAULT})"
        one.add_argument("--rules", action="append", metavar="PACK|DIR|FILE", help=where)
        one.add_argument("--quiet", action="store_true", help="say only what is left out")
        if name in _OWN:
            _OWN[name].add_options(one)
    return parser


def run(args: argparse.Namespace) -> int:
    """Export, and say what could not be; gives the exit code."""
    rules = load_rules(*args.rules or ())
    made: Exported = args.target.export(rules, **(args.own.options_of(args) if args.own is not None else {}))
    output = Path(args.output)
    _write(output, made, folder=not hasattr(args.target, "SUFFIX"))
    for line in _said(made.notes, quiet=args.quiet):
        print(shown(line), file=sys.stderr)
    if not args.quiet:
        left = len({note.rule.id for note in made.notes if note.left_out})
        read, files = _count(len(rules), "rule"), _count(len(made.files), "file")
        print(f"{read}: {made.rules} written to {files}, {left} left out", file=sys.stderr)
    return RAN


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _write(output: Path, made: Exported, *, folder: bool) -> None:
    """Files below a folder, which is made, or the only file there is."""
    if folder and output.exists() and not output.is_dir():
        raise PluginError(f"{output} is a file, and a folder is needed to write to")
    if folder:
        output.mkdir(parents=True, exist_ok=True)
    for name, text in made.files.items():
        path = output / name if folder else output
        path.write_text(text, encoding="utf-8", newline="\n")


def _said(notes: Sequence[Note], *, quiet: bool) -> list[str]:
    """One line for what is the same of several rules."""
    rules: dict[tuple[bool, str], list[str]] = {}
    for note in notes:
        if note.left_out or not quiet:
            rules.setdefault((note.left_out, note.text), []).append(note.rule.path.stem)
    return [
        f"{'left out' if left_out else 'differs'}: {', '.join(dict.fromkeys(names))}: {text}"
        for (left_out, text), names in rules.items()
    ]
