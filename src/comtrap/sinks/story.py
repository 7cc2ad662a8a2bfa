"""Alerts that belong together: those of one host that share an event, a process, or at about one time a COM object.

A process is told by its entity id or, as not every source has one, by its number within some minutes. COM takes a
request out of the process tree, so the program that asks for an object and the server that COM starts for it share no
process; they share the object, within a minute.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from comtrap.com.serving import serves
from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.alerts.alert import Alert

NEAR_NS = 600 * 1_000_000_000
OBJECT_NEAR_NS = 60 * 1_000_000_000
_OWN = ("comtrap.process.entity_id", "process.pid")
_PARENT = ("comtrap.process.parent.entity_id", "process.parent.pid")


def stories(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts in groups, by the time of each group's first; within a group in the order given."""
    leader = list(range(len(alerts)))

    owners: dict[object, tuple[int, int]] = {}
    for number, alert in enumerate(alerts):
        for mark, time_ns in _marks(alert, *_OWN):
            _join(leader, number, owners.get(mark), time_ns, NEAR_NS)
            owners[mark] = number, time_ns
    for number, alert in enumerate(alerts):
        # A parent ties its child to it, but not its children to each other: it may be explorer.exe.
        for mark, time_ns in _marks(alert, *_PARENT):
            _join(leader, number, owners.get(mark), time_ns, NEAR_NS)
    sharing: dict[str, tuple[int, int]] = {}
    for number, alert in enumerate(alerts):
        for name in _objects(alert):
            _join(leader, number, sharing.get(name), alert.time_ns, OBJECT_NEAR_NS)
            sharing[name] = number, alert.time_ns
    groups: dict[int, list[Alert]] = defaultdict(list)
    for number, alert in enumerate(alerts):
        groups[_leader(leader, number)].append(alert)
    return list(groups.values())


def by_host(alerts: Iterable[Alert]) -> dict[str | None, list[Alert]]:
    """The alerts of each host, hosts in the order of their first alert."""
    hosts: dict[str | None, list[Alert]] = defaultdict(list)
    for alert in alerts:
        hosts[alert.evidence[-1].host].append(alert)
    return hosts


def _join(leader: list[int], number: int, owner: tuple[int, int] | None, time_ns: int, near_ns: int) -> None:
    if owner is not None and abs(time_ns - owner[1]) <= near_ns:
        leader[_leader(leader, number)] = _leader(leader, owner[0])


def _leader(leader: list[int], number: int) -> int:
    while leader[number] != number:
        leader[number] = leader[leader[number]]
        number = leader[number]
    return number


def _marks(alert: Alert, entity: str, pid: str) -> Iterator[tuple[object, int]]:
    """What an alert is about, with the time: its events, and their processes."""
    for evidence in alert.evidence:
        yield evidence.id, evidence.time_ns
        for name in (entity, pid):
            value = documents.get(evidence.event, name)
            if isinstance(value, str | int):
                yield value, evidence.time_ns


def _objects(alert: Alert) -> set[str]:
    """The COM objects an alert is about: those abused that it names, those its processes serve, classes registered."""
    found = {str(known["name"]) for known in alert.why.objects if known.get("use") not in {"ordinary", "context"}}
    for evidence in alert.evidence:
        for at in ("process", "process.parent"):
            name = documents.get(evidence.event, f"{at}.name")
            line = documents.get(evidence.event, f"{at}.command_line")
            if isinstance(name, str) and isinstance(line, str) and (role := serves(name, line)) is not None:
                found |= {known.name for known in role.objects} or {role.label}
        if documents.get(evidence.event, "registry.path") is not None:
            classes = documents.get(evidence.event, "comtrap.com.clsid")
            found |= {c for c in classes if isinstance(c, str)} if isinstance(classes, list) else set()
    return found
