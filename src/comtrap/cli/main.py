"""The command line: `comtrap COMMAND …`."""

from __future__ import annotations

import argparse
import pkgutil
import sqlite3
import sys
from typing import TYPE_CHECKING, NoReturn

from comtrap import __version__, cli
from comtrap.cli.ending import as_interrupts
from comtrap.cli.exits import INTERRUPTED, RAN, UNUSABLE, WRONG_RULE
from comtrap.cli.lines import shown
from comtrap.cli.output import never_lacking
from comtrap.errors import ComtrapError, QueryError, RuleError
from comtrap.registry import every, load

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXITS = """exit codes:
  0  ran, with alerts or without
  1  an alert is at or above --fail-on; fmt --check: a query is not laid out; deploy: the space is not as the files say
  2  a rule or query is wrong
  3  the command line, a configuration or every input is unusable
  130  interrupted; what was found so far is written"""


class _Parser(argparse.ArgumentParser):
    """Ends with 3 where the command line is wrong."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code, see `comtrap.cli.exits`."""
    never_lacking()
    argv = sys.argv[1:] if argv is None else list(argv)
    args = parser_of(argv).parse_args(argv)
    if not hasattr(args, "run"):
        args.parser.print_help()
        return RAN
    try:
        with as_interrupts():
            return int(args.run(args))
    except (RuleError, QueryError) as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n\n", file=sys.stderr)
        return WRONG_RULE
    except (ComtrapError, OSError, sqlite3.OperationalError) as error:
        # The last two are the machine's: a folder that is not there, a disk that is full.
        print(shown(f"comtrap: {error}"), file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("comtrap: interrupted", file=sys.stderr)
        return INTERRUPTED


def parser_of(argv: Sequence[str]) -> argparse.ArgumentParser:
    """What understands a command line: the command's own arguments if it names one, else those of all."""
    parser = _Parser(
        prog="comtrap",
        description="Find abuse of the Windows Component Object Model (ATT&CK T1559.001) in exported logs.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"comtrap {__version__}")
    parser.set_defaults(parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    # Starting is quick if only the command asked for is imported; what every command needs is imported anyway.
    if argv and argv[0] in {m.name for m in pkgutil.iter_modules(cli.__path__)}:
        found = [(argv[0], load(cli, argv[0], "add", "run"))]
    else:
        found = list(every(cli, "add", "run"))
    for _, module in found:
        module.add(commands).set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
