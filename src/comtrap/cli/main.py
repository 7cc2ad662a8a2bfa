"""The command line: `comtrap COMMAND …`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from comtrap import __version__, cli
from comtrap.errors import ComtrapError, QueryError, RuleError
from comtrap.registry import every

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_RULE, WRONG_USE, INTERRUPTED = 2, 3, 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line and ends with 3, as comtrap's exit codes have it."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse's own never returns either
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code.

    0 ran; 1 alerts at or above `--fail-on`; 2 a rule or query is wrong; 3 the command line, a configuration or every
    input is unusable; 130 interrupted.
    """
    parser = _Parser(prog="comtrap", description="Find abuse of the Component Object Model in Windows logs.")
    parser.add_argument("--version", action="version", version=f"comtrap {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    for _, module in every(cli, "add", "run"):
        module.add(commands).set_defaults(run=module.run)
    args = parser.parse_args(argv)
    if not hasattr(args, "run"):
        parser.print_help()
        return 0
    try:
        return int(args.run(args))
    except (RuleError, QueryError) as error:
        print(error, file=sys.stderr)
        return WRONG_RULE
    except ComtrapError as error:
        print(f"comtrap: {error}", file=sys.stderr)
        return WRONG_USE
    except BrokenPipeError:
        # The reader of our output went away: nothing is left to say, and Python's own exit must not try to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("comtrap: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
