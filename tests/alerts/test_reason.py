from __future__ import annotations

from tests.material import rule

from comtrap.alerts.reason import reason


def test_the_sentence_says_all_that_is_known():
    event = {
        "event": {"category": ["network", "process"]},
        "process": {"name": "mmc.exe", "parent": {"name": "svchost.exe"}},
        "file": {"name": "a.dll"},
        "source": {"ip": "10.0.0.1", "port": 4242},
        "destination": {"ip": ["10.0.0.2"], "port": 135},
        "user": {"name": "user1"},
        "host": {"name": "host1"},
    }
    assert reason(rule(), event) == (
        "network event with process mmc.exe, parent process svchost.exe, file a.dll, source 10.0.0.1:4242, "
        "destination 10.0.0.2:135, by user1 on host1 created high alert Rule 1."
    )


def test_what_is_not_known_is_left_out():
    assert reason(rule(), {}) == "event created high alert Rule 1."
    assert reason(rule(), {"event": {"category": ["process"]}, "host": {"name": "h"}, "process": {"name": ""}}) == (
        "process event on h created high alert Rule 1."
    )
