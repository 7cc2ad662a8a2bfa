"""Any number of alerts, made in memory of a few real ones: each on a host and at a time of its own, no two alike."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace


def many(alerts, number, hosts=50):
    """That many alerts, in order of time."""
    alerts = list(alerts)
    made = []
    for n in range(number):
        alert = alerts[n % len(alerts)]
        evidence = tuple(_another(e, n, f"host{n % hosts:03}") for e in alert.evidence)
        made.append(replace(alert, id=hashlib.sha256(f"{n}".encode()).hexdigest(), evidence=evidence))
    return made


def _another(evidence, n, host):
    event = copy.deepcopy(dict(evidence.event))
    event.setdefault("host", {})["name"] = host
    process = event.get("process")
    if isinstance(process, dict):
        process["pid"] = 1_000 + n
        process["entity_id"] = f"{{{n:08x}-0000-4000-8000-000000000000}}"
        process["command_line"] = (
            f"{process.get('command_line', 'program.exe')} /run {hashlib.md5(b'%d' % n).hexdigest()}"
        )
        event.setdefault("comtrap", {}).setdefault("process", {})["entity_id"] = process["entity_id"]
    return replace(
        evidence,
        id=f"{evidence.id}-{n}",
        host=host,
        position=n,
        record_id=str(n),
        time_ns=evidence.time_ns + n * 2_000_000_000,
        event=event,
    )
