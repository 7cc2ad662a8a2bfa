"""The telemetry of an attack, as the sensors of a made-up host would write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from comtrap.check.suggest import suggest
from comtrap.errors import PluginError
from comtrap.proof.simulation.attacks import ATTACKS, Attack
from comtrap.proof.simulation.endpoint import Endpoint
from comtrap.proof.simulation.event_logs import POWERSHELL, SECURITY, SYSMON, TASKS, EventLogs
from comtrap.proof.simulation.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from comtrap.proof.simulation.host import Log

_SYSMON = frozenset({SYSMON[1]})
_AUDIT = frozenset({SECURITY[1], POWERSHELL[1], TASKS[1]})

SENSORS: Mapping[str, Callable[[], Log]] = {
    "sysmon": lambda: EventLogs("winlogbeat", _SYSMON),
    "winlogbeat": lambda: EventLogs("winlogbeat"),
    "endpoint": Endpoint,
    "security": lambda: EventLogs("winlogbeat", _AUDIT),
    "evtx-json": lambda: EventLogs("evtx_dump"),
}
"""What may write the telemetry down: Sysmon alone, all logs through Winlogbeat, Elastic Endpoint, the logs of a host without
Sysmon, and all logs as `evtx_dump` prints them."""

START = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when the attack happens.

    Attributes:
        host: the machine's name.
        user: who is logged on, with domain.
        seed: decides ids, numbers and pauses; the same gives the same to the byte.
        start: when it begins.
        parameters: what the attack is to use, by name; what is not named is as the attack has it.
    """

    host: str = "ws01"
    user: str = "EXAMPLE\\user1"
    seed: int = 1
    start: datetime = START
    parameters: Mapping[str, str] = field(default_factory=dict)


DEFAULT = Setting()


def find(name: str) -> Attack:
    """The attack of a name.

    Raises:
        PluginError: there is none; says which there are.
    """
    if name not in ATTACKS:
        raise PluginError(f"no attack called {name!r}{_instead(name, ATTACKS)}")
    return ATTACKS[name]


def simulate(attack: Attack, sensor: str, setting: Setting = DEFAULT) -> list[dict[str, Any]]:
    """The documents that a sensor writes of an attack, in the order of events.

    Raises:
        PluginError: no such sensor, or the attack has no such parameter; says which there are.
    """
    if sensor not in SENSORS:
        raise PluginError(f"no sensor called {sensor!r}{_instead(sensor, SENSORS)}")
    for name in setting.parameters:
        if name not in attack.parameters:
            raise PluginError(f"{attack.name} has no parameter {name!r}{_instead(name, attack.parameters)}")
    host = Host(setting.host, SENSORS[sensor](), setting.seed, setting.start, user=setting.user)
    explorer = host.start(None, "C:\\Windows\\explorer.exe")
    attack.play(host, explorer, {**attack.parameters, **setting.parameters})
    return host.documents


def _instead(name: str, known: Iterable[str]) -> str:
    return f"; {suggest(name, known) or 'there are ' + ', '.join(known)}"
