"""What a pack promises: the events that each attack must leave, and the rules that must find it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.errors import Diagnostic, QueryError, RuleError
from comtrap.lang.parse import parse
from comtrap.proof.simulate import SENSORS
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.rules.table import open_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from comtrap.lang import ast

FILE = Path("proof") / "attacks.toml"
"""Where in a pack its promises stand."""

_KEYS: dict[str, dict[str, type]] = {
    "signal": {"attack": str, "sensors": list, "text": str, "query": str},
    "promise": {"attack": str, "sensor": str, "rules": list},
    "capture": {"path": str, "rules": list},
}
_OPTIONAL: dict[str, dict[str, type]] = {
    "promise": {"reason": str},
    "capture": {"quiet": bool, "member": str, "events": list},
}


@dataclass(frozen=True, slots=True)
class Signal:
    """Events that an attack must leave wherever one of the sensors writes.

    Attributes:
        text: what they are, for people.
        query: EQL that finds them.
    """

    attack: str
    sensors: tuple[str, ...]
    text: str
    query: ast.Query
    written: str


@dataclass(frozen=True, slots=True)
class Promise:
    """The rules (by file name) that must find an attack as a sensor writes it; with a reason where there is none."""

    attack: str
    sensor: str
    rules: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """The rules (by file name) that must alert on a file; if quiet, no other rule may.

    Attributes:
        member: of an archive, the file that `events` are in.
        events: the 0-based positions of records of which any shows the attack; none if that is not known.
    """

    path: Path
    rules: tuple[str, ...]
    quiet: bool
    member: str | None = None
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Promises:
    """All that one file promises."""

    signals: tuple[Signal, ...] = ()
    promises: tuple[Promise, ...] = ()
    captures: tuple[Capture, ...] = ()


def read_promises(path: Path) -> Promises:
    """A file of promises.

    Raises:
        RuleError: it is wrong.
    """
    table, text = open_table(path)
    wrong: list[str] = [f"unknown key `{key}`" for key in table if key not in _KEYS]
    for kind, keys in _KEYS.items():
        for entry in _entries(table, kind):
            wrong += _mistakes(kind, entry, keys | _OPTIONAL.get(kind, {}), keys)
    if not wrong:
        try:
            return Promises(
                tuple(_signal(entry) for entry in _entries(table, "signal")),
                tuple(
                    Promise(e["attack"], e["sensor"], tuple(e["rules"]), e.get("reason", ""))
                    for e in _entries(table, "promise")
                ),
                tuple(
                    Capture(
                        path.parent / e["path"],
                        tuple(e["rules"]),
                        e.get("quiet", False),
                        e.get("member"),
                        tuple(e.get("events", ())),
                    )
                    for e in _entries(table, "capture")
                ),
            )
        except QueryError as error:
            wrong.append(str(error))
    raise RuleError(tuple(Diagnostic("E340", title) for title in wrong), str(path), text)


def _entries(table: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    found = table.get(kind, [])
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _mistakes(kind: str, entry: Mapping[str, Any], known: Mapping[str, type], required: Iterable[str]) -> Iterable[str]:
    for name in required:
        if name not in entry:
            yield f"a {kind} without `{name}`"
    for name, value in entry.items():
        if name not in known:
            yield f"a {kind} with the unknown key `{name}`"
        elif not isinstance(value, known[name]):
            yield f"`{name}` of a {kind} is {value!r}, expected {known[name].__name__}"
        elif name == "events" and isinstance(value, list):
            if not all(type(each) is int and each >= 0 for each in value):
                yield "`events` of a capture holds something else than positions from 0"
        elif isinstance(value, list) and not all(isinstance(each, str) for each in value):
            yield f"`{name}` of a {kind} holds something else than texts"
    attack, sensors = entry.get("attack"), [*(entry.get("sensors") or ()), entry.get("sensor")]
    if kind != "capture" and attack not in ATTACKS:
        yield f"no attack called {attack!r}; there are {', '.join(ATTACKS)}"
    yield from (f"no sensor called {s!r}; there are {', '.join(SENSORS)}" for s in sensors if s and s not in SENSORS)
    if kind == "promise" and not entry.get("rules") and not entry.get("reason"):
        yield f"nothing is promised of {attack!r} and no `reason` given"


def _signal(entry: Mapping[str, Any]) -> Signal:
    query = entry["query"]
    return Signal(entry["attack"], tuple(entry["sensors"]), entry["text"], parse(query), query)
