"""Names of ATT&CK, by version. What is expected here is written down apart from the table that is judged."""

from __future__ import annotations

import pytest

from comtrap.rules.attack import VERSIONS, edition, in_version, technique, technique_name
from comtrap.rules.rule import Technique

STEALTH, IMPAIRMENT = ("TA0005", "Stealth"), ("TA0112", "Defense Impairment")


@pytest.mark.parametrize(
    ("written", "name", "place"),
    [
        ("T1559.001", "T1559.001", ("TA0002", "Execution")),
        ("T1218.010", "T1218.010", STEALTH),
        ("T1562.001", "T1685", IMPAIRMENT),
        ("T1562", "T1685", IMPAIRMENT),
        ("T1685", "T1685", IMPAIRMENT),
        ("T1112", "T1112", IMPAIRMENT),
        ("T1112/TA0003", "T1112", ("TA0003", "Persistence")),
        ("T1548.002/TA0005", "T1548.002", ("TA0004", "Privilege Escalation")),
        ("T1574.001", "T1574.001", ("TA0002", "Execution")),
        ("T1574.001/TA0005", "T1574.001", STEALTH),
    ],
)
def test_a_technique_is_what_version_19_has(written, name, place):
    found = in_version(technique(written), 19)

    assert (found.id, (found.tactic, found.tactic_name)) == (name, place)


@pytest.mark.parametrize(
    ("written", "name", "tactic"),
    [
        ("T1562.001", "T1562.001", "Defense Evasion"),
        ("T1685", "T1562.001", "Defense Evasion"),
        ("T1112/TA0112", "T1112", "Defense Evasion"),
        ("T1574.001/TA0002", "T1574.001", "Persistence"),
        ("T1218.010", "T1218.010", "Defense Evasion"),
    ],
)
def test_a_technique_is_what_version_18_has(written, name, tactic):
    found = in_version(technique(written), 18)

    assert (found.id, found.tactic_name) == (name, tactic)


def test_what_is_written_is_not_changed():
    assert technique("T1685") == Technique("T1685", "Disable or Modify Tools", "TA0112", "Defense Impairment")
    assert technique("T1562.001") == Technique("T1562.001", "Disable or Modify Tools", "TA0005", "Defense Evasion")
    assert technique_name("T1574.001") == "DLL"


@pytest.mark.parametrize("written", ["T9999", "T1559.001/TA9999", "", "/TA0002"])
def test_what_no_version_has_is_none(written):
    assert technique(written) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_an_edition_is_whole(version):
    there = edition(version)
    for name, known in there.techniques.items():
        assert known["tactics"]
        assert set(known["tactics"]) <= set(there.tactics)
        assert name.partition(".")[0] in there.techniques
    assert set(there.instead.values()) <= set(there.techniques)
    assert not set(there.instead) & set(there.techniques)
    everywhere = {name for other in VERSIONS for name in edition(other).techniques}
    assert everywhere <= set(there.techniques) | set(there.instead)
