from __future__ import annotations

import json

from tests.material import rule

from comtrap.com.actor import Actor
from comtrap.rules.load import load_rules
from comtrap.rules.page import page, table

TOLD = {
    "risk_reason": "High: it is rare.",
    "actors": (Actor("APT0", "does it", "https://attack.mitre.org/groups/G0000/"),),
    "false_positives": ("Agents.",),
    "setup": "* Sysmon event 1.",
    "note": "## Triage\n\n1. Look.",
    "response": "## Response\n\n1. Act.",
    "references": ("https://attack.mitre.org/techniques/T1559/001/",),
}


def test_a_page_says_all_that_a_rule_says():
    said = page(rule(**TOLD))
    for part in (
        "# Rule 1", "high, risk 73", "T1559.001 Component Object Model (Execution)", "A rule for a test.", "High: it is rare.",
        "* APT0: does it (https://attack.mitre.org/groups/G0000/)", "* Agents.", "## Logging it needs", "dllhost.exe",
        "## Triage", "1. Look.", "## Response", "1. Act.", "* https://attack.mitre.org/techniques/T1559/001/",
    ):  # fmt: skip
        assert part in said


def test_a_page_leaves_out_what_a_rule_does_not_say():
    said = page(rule())
    assert "Seen with" not in said
    assert "\n\n\n" not in said


def test_the_table_of_every_rule_of_the_pack_is_json():
    for one in load_rules():
        made = table(one)
        assert json.loads(json.dumps(made)) == made
        assert made["actors"] == [{"name": a.name, "use": a.use, "reference": a.reference} for a in one.actors]
