"""A run on a cluster in a process of its own: `python -m tests.cluster.driver CLUSTER PATH PIECE_BYTES`; a line an alert."""

from __future__ import annotations

import sys

from tests.cluster.estate import rules

from comtrap.cluster.run import Bounds, scan_on


def told(alerts):
    return [repr((a.id, a.rule.name, a.key, a.count, a.evidence, a.why)) for a in alerts]


if __name__ == "__main__":
    found = scan_on(sys.argv[1], [sys.argv[2]], rules(), bounds=Bounds(piece_bytes=int(sys.argv[3])))
    assert not found.tally.problems.failed, found.tally.problems.failed
    sys.stdout.write("\n".join([str(found.tally.read), *told(found.alerts), ""]))
