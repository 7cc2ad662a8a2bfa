from __future__ import annotations

import json

import pytest

from comtrap.com.catalogue import catalogue, lookup
from comtrap.com.page import page, table


def test_a_page_tells_a_fact_a_line():
    known = lookup("Schedule.Service")
    assert known is not None
    lines = page(known).splitlines()
    assert lines[0] == "Task Scheduler service (ITaskService)"
    facts = [line.split()[0] for line in lines[1:]]
    assert facts[:4] == ["id", "ProgID", "interface", "server"]
    assert {"use", "about", "benign", "seen", "see", "written"} <= set(facts)


@pytest.mark.parametrize("known", catalogue(), ids=lambda o: o.name)
def test_every_object_has_a_page_and_a_table(known):
    assert "\n\n" not in page(known)
    assert page(known).endswith("\n")
    assert json.loads(json.dumps(table(known))) == table(known)


def test_elevation_is_said():
    known = lookup("CMSTPLUA")
    assert known is not None
    assert "elevates without a prompt" in page(known)
    assert table(known)["elevated"] is True
