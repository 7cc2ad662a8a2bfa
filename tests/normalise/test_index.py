from __future__ import annotations

import pytest
from tests.normalise.build import POWERSHELL, SECURITY, SYSMON, events, record

from comtrap.events.raw import ECS

ENDPOINT = {"agent.type": "endpoint", "data_stream.dataset": "endpoint.events.library"}
TIME = {"@timestamp": "2024-03-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("kind", "columns", "index"),
    [
        ((SYSMON, 1), {}, "logs-windows.sysmon_operational-default"),
        ((SECURITY, 4688), {"winlog.channel": "security"}, "logs-system.security-default"),
        ((POWERSHELL, 4104), {}, "logs-windows.powershell_operational-default"),
        (("PowerShell", 400), {}, "logs-windows.powershell-default"),
        (("Microsoft-Windows-DistributedCOM", 10016), {}, "logs-system.system-default"),
        (("Microsoft-Windows-TaskScheduler", 106), {}, "logs-winlog.winlog-default"),
        (("Anything", 1), {}, "logs-winlog.winlog-default"),
        ((SYSMON, 1), {"winlog.channel": None}, "logs-windows.sysmon_operational-default"),
        ((SYSMON, 1), {"agent.type": "winlogbeat"}, "winlogbeat-default"),
        ((SYSMON, 1), {"@metadata.beat": "winlogbeat"}, "winlogbeat-default"),
        ((SYSMON, 1), {"event.dataset": "windows.forwarded"}, "logs-windows.sysmon_operational-default"),
        (ECS, {**TIME, **ENDPOINT}, "logs-endpoint.events.library-default"),
        (ECS, {**TIME, "event.dataset": "endpoint.alerts"}, "logs-endpoint.alerts-default"),
        (ECS, {**TIME, "event.dataset": "other.data"}, "logs-other.data-default"),
        (ECS, {**TIME, "_index": ".ds-logs-x.y-default-2024.03.01-000001"}, "logs-x.y-default"),
        (ECS, {**TIME, "_index": "my-index"}, "my-index"),
        (ECS, {**TIME, "event.category": ["process"]}, "logs-endpoint.events.process-default"),
        (ECS, {**TIME, "event.category": "iam"}, "logs-winlog.winlog-default"),
        (ECS, TIME, "logs-winlog.winlog-default"),
    ],
)
def test_an_event_has_the_index_it_would_have_had(kind, columns, index):
    given = columns if kind == ECS else record(kind, **columns)
    assert events(kind, [given], frozenset())["_index"] == [index]
