from __future__ import annotations

from dataclasses import replace

import pytest
from tests.material import rule

from comtrap.com.actor import Actor
from comtrap.rules.investigation import TITLE, Guidance, guidance, investigation
from comtrap.rules.load import load_rules
from comtrap.rules.paragraphs import flowing

GROUP = Actor("A Group", "does it (often)", "https://example.org/a")
FULL = rule(note="## Triage\n\n1. Look.\n\n### More\n\nText.", risk_reason="High: why.\n\nAnd so.", actors=(GROUP,),
            response="## Response\n\n1. Act.")  # fmt: skip


def test_parts_stand_one_level_below_elastics_title():
    assert investigation(FULL) == (
        "## Triage and analysis\n\n### Triage\n\n1. Look.\n\n#### More\n\nText.\n\n### Why this risk\n\nHigh: why.\n\nAnd so.\n\n"
        "### Seen with\n\n* A Group: does it (often) (https://example.org/a)\n\n### Response and remediation\n\n1. Act."
    )


def test_a_rule_that_says_nothing_has_no_guide():
    assert investigation(rule()) == ""
    assert guidance("") == Guidance()


@pytest.mark.parametrize("one", [FULL, *load_rules()], ids=lambda one: one.path.stem)
def test_the_parts_are_found_again(one):
    found = guidance(investigation(one))

    assert (found.note, found.response) == (flowing(one.note), flowing(one.response))
    assert (found.risk_reason, found.actors) == (flowing(one.risk_reason), one.actors)


@pytest.mark.parametrize(
    "text",
    [
        "Text of a person.",
        "## Triage and analysis\n\n### Own\n\nText.",
        "### Seen with\n\nno list",
        "### Seen with\n\n* A: b",
    ],
)
def test_what_people_wrote_is_kept(text):
    found = guidance(text)

    said = investigation(replace(rule(), **found._asdict()))
    assert said.removeprefix(TITLE).strip() == text.removeprefix(TITLE).strip()
    assert found.actors == ()


def test_comments_in_code_are_no_headings():
    one = rule(note="## Triage\n\n```sh\n# list\nls\n```\n\n## More\n\n~~~\n## x\n```\n~~~\n\n## End")

    said = investigation(one)
    assert "\n# list\n" in said
    assert "\n## x\n" in said
    assert said.endswith("\n\n### End")
    assert guidance(said).note == one.note
