from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from comtrap.errors import PluginError
from comtrap.proof.simulate import SENSORS, Setting, find, simulate
from comtrap.proof.simulation.attacks import ATTACKS

CHANNELS = {
    "sysmon": {"Microsoft-Windows-Sysmon/Operational"},
    "security": {"Security", "Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-TaskScheduler/Operational"},
}


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda attack: attack.name)
def test_the_same_seed_gives_the_same_and_another_gives_another(attack, sensor):
    first, again, other = (json.dumps(simulate(attack, sensor, Setting(seed=seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("sensor", CHANNELS)
def test_a_sensor_writes_its_own_logs_alone(sensor):
    found = {d["winlog"]["channel"] for attack in ATTACKS.values() for d in simulate(attack, sensor)}
    assert found == CHANNELS[sensor]


def test_all_logs_hold_what_each_holds_alone():
    both = simulate(ATTACKS["task"], "winlogbeat")
    assert len(both) == len(simulate(ATTACKS["task"], "sysmon")) + len(simulate(ATTACKS["task"], "security"))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda attack: attack.name)
def test_every_parameter_is_used(attack):
    for name in attack.parameters:
        given = Setting(parameters={name: "value-of-a-test"})
        assert any("value-of-a-test" in json.dumps(d) for d in simulate(attack, "winlogbeat", given)), name


def test_time_host_and_order():
    start = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    documents = simulate(ATTACKS["hijack"], "winlogbeat", Setting(host="ws99", start=start))
    times = [d["@timestamp"] for d in documents]
    assert times == sorted(times)
    assert times[0].startswith("2025-01-02T03:04:05")
    assert {d["host"]["name"] for d in documents} == {"ws99"}


def test_what_does_not_exist_is_named_with_what_does():
    with pytest.raises(PluginError, match="did you mean `muddywater`"):
        find("mudywater")
    with pytest.raises(PluginError, match="no sensor called 'syslog'"):
        simulate(ATTACKS["task"], "syslog")
    with pytest.raises(PluginError, match="no parameter 'clsid'"):
        simulate(ATTACKS["task"], "sysmon", Setting(parameters={"clsid": "x"}))
