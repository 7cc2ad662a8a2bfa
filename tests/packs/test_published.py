"""The published query's behaviours, restated: they run, beside the pack and not as part of it."""

from __future__ import annotations

import pytest
from tests.packs.running import PACK, alerts, pack

from comtrap.rules.load import load_rules

PUBLISHED = PACK / "published"


def test_the_pack_runs_without_them():
    ours = {rule.id for rule in load_rules()}
    assert ours.isdisjoint(rule.id for rule in load_rules(PUBLISHED))


def test_each_of_the_three_behaviours_compiles():
    assert len(pack(PUBLISHED)[0]) == 3


@pytest.mark.parametrize(
    ("sample", "behaviour"),
    [
        ("com_surrogate_elevated_child/sysmon.hit.ndjson", "published_surrogate_child"),
        ("script_host_com_object/sysmon.hit.ndjson", "published_script_host"),
    ],
)
def test_what_they_see(sample, behaviour):
    assert behaviour in {slug for slug, _ in alerts(PACK / "samples" / sample, PUBLISHED)}


def test_the_registry_behaviour_sees_no_hijack_as_sysmon_writes_it():
    assert alerts(PACK / "samples" / "com_hijack_user_server" / "sysmon.hit.ndjson", PUBLISHED) == []
