"""`comtrap prove --published`: what the published query catches, misses and why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from comtrap.cli.exits import RAN, UNUSABLE
from comtrap.cli.output import output
from comtrap.cli.painting import paint, pen
from comtrap.errors import PluginError
from comtrap.proof.attack_events import captured, sampled, simulated
from comtrap.proof.published import Published, published_of
from comtrap.proof.published_report import data, lines
from comtrap.rules.load import locate

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from comtrap.proof.promises import Capture, Promises
    from comtrap.rules.rule import Rule


def prove_published(
    args: argparse.Namespace, rules: Sequence[Rule], promises: Promises, given: Sequence[Capture]
) -> int:
    """Ask the published queries of every known attack, print a table; gives the exit code."""
    if args.junit is not None:
        raise PluginError("`--junit` holds what a pack promises; of the published query nothing is promised")
    published = Published(published_of(locate(args.rules)))
    verdicts = [published.judge(attack) for attack in simulated(rules, promises)]
    verdicts += [published.judge(attack) for attack in sampled(rules)]
    verdicts += [published.judge(captured(rules, capture)) for capture in (*promises.captures, *given)]
    losses = published.losses(verdicts)
    with output(args.output) as out:
        if args.format == "json":
            out.write(json.dumps(data(verdicts, losses), indent=2) + "\n")
        else:
            paint(lines(verdicts, losses, pen(out), verbose=args.verbose), out)
    known = [verdict for verdict in verdicts if verdict.wrong is None]
    caught = sum(bool(verdict.caught_by) for verdict in known)
    print(f"{len(known):,} attacks, {caught:,} caught", file=sys.stderr)
    return UNUSABLE if len(known) < len(verdicts) else RAN
