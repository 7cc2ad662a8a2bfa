"""Events of the samples for single clauses that no sensor writes, and that no log source means."""

from __future__ import annotations

import json

# Of `event.action != "query"` such a sample has another action; Sigma's `registry_set` is a value that was set.
_ACTION = "other"


def made_up(rule, sample):
    """The places of such events in a sample, as matches of single events have them."""
    if not sample.part or "event.action !=" not in rule.text:
        return set()
    lines = sample.path.read_text("utf-8").splitlines()
    return {(at,) for at, line in enumerate(lines) if json.loads(line)["event"].get("action") == _ACTION}
