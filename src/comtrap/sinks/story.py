"""Alerts that belong together: those of one host that share an event or a process."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.alerts.alert import Alert

_OWN, _PARENT = "comtrap.process.entity_id", "comtrap.process.parent.entity_id"


def stories(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts in groups, by the time of each group's first; within a group in the order given."""
    leader = list(range(len(alerts)))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    owners: dict[str, int] = {}
    for number, alert in enumerate(alerts):
        for mark in _marks(alert, _OWN):
            leader[find(number)] = find(owners.setdefault(mark, number))
    for number, alert in enumerate(alerts):
        # A parent ties its child to it, but not its children to each other: it may be explorer.exe.
        for mark in _marks(alert, _PARENT):
            if mark in owners:
                leader[find(number)] = find(owners[mark])
    groups: dict[int, list[Alert]] = defaultdict(list)
    for number, alert in enumerate(alerts):
        groups[find(number)].append(alert)
    return list(groups.values())


def by_host(alerts: Iterable[Alert]) -> dict[str | None, list[Alert]]:
    """The alerts of each host, hosts in the order of their first alert."""
    hosts: dict[str | None, list[Alert]] = defaultdict(list)
    for alert in alerts:
        hosts[alert.evidence[-1].host].append(alert)
    return hosts


def _marks(alert: Alert, process: str) -> Iterator[str]:
    for evidence in alert.evidence:
        yield evidence.id
        entity = documents.get(evidence.event, process)
        if isinstance(entity, str):
            yield entity
