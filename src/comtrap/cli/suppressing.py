"""The arguments that say which alerts stand for which, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.errors import PluginError
from comtrap.rules.suppression import STRATEGIES, suppression

if TYPE_CHECKING:
    import argparse

    from comtrap.rules.suppression import Suppression


def add_suppression(parser: argparse.ArgumentParser) -> None:
    """``--suppress``, ``--suppress-for`` and ``--suppress-missing``."""
    parser.add_argument(
        "--suppress",
        metavar="FIELD[,FIELD…]",
        help="of a rule's alerts that agree in these one to three fields, show the first, and how many it stands for",
    )
    parser.add_argument(
        "--suppress-for", metavar="TIME", help="how long it stands for others: 30m (default: the whole run)"
    )
    parser.add_argument(
        "--suppress-missing",
        choices=STRATEGIES,
        default=STRATEGIES[0],
        help="whether alerts whose events lack a field agree in that (default: suppress)",
    )


def suppression_of(args: argparse.Namespace) -> Suppression | None:
    """What was asked for; None for nothing.

    Raises:
        PluginError: it cannot be had.
    """
    if args.suppress is None:
        if args.suppress_for is not None:
            raise PluginError("--suppress-for needs --suppress")
        return None
    fields = tuple(field.strip() for field in args.suppress.split(",") if field.strip())
    try:
        return suppression(fields, args.suppress_for, args.suppress_missing)
    except ValueError as error:
        raise PluginError(f"--suppress: {error}") from None
