"""The arguments that name exceptions, and what they name."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.exceptions import in_force

if TYPE_CHECKING:
    from comtrap.errors import RuleError
    from comtrap.rules.exceptions import ExceptionItem


def add_exceptions(parser: argparse.ArgumentParser) -> None:
    """``--exceptions`` and ``--as-of``."""
    parser.add_argument(
        "--exceptions",
        action="append",
        default=[],
        metavar="FILE|DIR|NAME",
        help="events that rules are not to see; may be repeated (default: none)",
    )
    parser.add_argument(
        "--as-of",
        type=moment,
        default=None,
        metavar="TIME",
        help="judge by this time whether exceptions have expired (default: now)",
    )


def moment(text: str) -> datetime:
    """A date or time as ISO 8601 has it; UTC where no offset is given."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a time such as 2026-06-30 or 2026-06-30T12:00Z, found {text!r}"
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def as_of(args: argparse.Namespace) -> datetime:
    """The time given, or now."""
    return args.as_of if args.as_of is not None else datetime.now(UTC)


def exceptions_of(
    args: argparse.Namespace,
) -> tuple[tuple[ExceptionItem, ...], tuple[ExceptionItem, ...], list[RuleError]]:
    """Those that apply, those that have expired, and what is wrong with the others.

    Raises:
        PluginError: a name is neither a path nor one of the exceptions that come with comtrap.
    """
    lists, wrong = load_exceptions(locate_exceptions(name) for name in args.exceptions)
    applied, expired = in_force((item for one in lists for item in one.items), as_of(args))
    return applied, expired, wrong
