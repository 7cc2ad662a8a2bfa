"""The page of all commands' options, made of what the command line knows."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from comtrap.cli.main import parser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOUT = "What `comtrap COMMAND --help` shows, of every command. `--version` tells comtrap's own."


def options() -> str:
    """A heading for each command, and a line for each of its arguments and options."""
    parts = ["# All options", ABOUT]
    for name, command in commands(parser_of(()), ""):
        lines = [_line(action) for action in command._actions if action.dest != "help"]
        about = command.description or ""
        parts += [f"## {name}", f"{about[:1].upper()}{about[1:].removesuffix('.')}.", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Commands and their sub-commands, by what is written to call them."""
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner:
        yield name, parser
    for action in inner:
        for word, command in action.choices.items():
            yield from commands(command, f"{name} {word}".strip())


def _line(action: argparse.Action) -> str:
    takes = "" if action.nargs == 0 else _value(action)
    written = ", ".join(f"{flag} {takes}".strip() for flag in action.option_strings) or takes
    said = (action.help or "") % vars(action)
    return f"* `{written}`" + (f": {said}" if said else "")


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        return str(action.metavar)
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
