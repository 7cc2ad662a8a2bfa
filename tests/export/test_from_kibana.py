from __future__ import annotations

from pathlib import Path

import pytest
from tests.deploy.material import excepting
from tests.material import rule

from comtrap.export.from_kibana import FoundList, exceptions_from, rule_from, slug
from comtrap.export.kibana import bundle
from comtrap.export.kibana_rule import MARK, Options, kibana_rule
from comtrap.export.target import NoFormError
from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.load import load_rules

RULES = load_rules()
EXCEPTIONS, _ = load_exceptions([locate_exceptions("com_abuse")])
HERE = Path("a.toml")


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.path.stem)
def test_a_rule_without_a_file_is_the_same_in_kibana_again(one):
    sent = kibana_rule(one)
    found, _ = rule_from(sent, (), HERE, None, MARK)

    assert kibana_rule(found) == sent
    assert (found.sources, found.behaviour, found.tags) == (one.sources, one.behaviour, one.tags)


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.path.stem)
def test_a_later_attack_comes_back_as_it_was_sent(one):
    sent = kibana_rule(one, Options(stack=(9, 5)))
    found, _ = rule_from(sent, (), HERE, None, MARK)

    assert kibana_rule(found, Options(stack=(9, 5))) == sent
    assert kibana_rule(found)["threat"]


@pytest.mark.parametrize("one", RULES[:5], ids=lambda one: one.path.stem)
def test_of_a_rule_with_a_file_all_but_what_differs_stays(one):
    found, _ = rule_from(kibana_rule(one) | {"severity": "low", "name": "Other"}, ["name"], one.path, one, MARK)

    assert (found.name, found.severity, found.text, found.description) == (
        "Other",
        one.severity,
        one.text,
        one.description,
    )


def test_a_part_of_a_guide_keeps_the_line_breaks_of_its_file():
    one = rule(note="## Triage\n\nLook\nat it.", risk_reason="High: it\nis rare.", response="## Response\n\nEnd\nit.")
    sent = kibana_rule(one)
    sent["note"] = sent["note"].replace("Look at it.", "Look twice.")

    found, _ = rule_from(sent, ["note"], one.path, one, MARK)

    assert (found.note, found.risk_reason, found.response) == (
        "## Triage\n\nLook twice.",
        one.risk_reason,
        one.response,
    )


def test_a_field_that_is_gone_is_gone():
    one = rule(references=("https://example.org",), kibana={"rule_name_override": "a"})
    sent = {k: v for k, v in kibana_rule(one).items() if k not in {"references", "rule_name_override"}}
    found, _ = rule_from(sent, ["references", "rule_name_override"], one.path, one, MARK)

    assert (found.references, dict(found.kibana)) == ((), {})


def test_what_is_no_rule_of_ours_says_why():
    with pytest.raises(NoFormError, match="no `name`"):
        rule_from({"rule_id": "x", "query": "any where true"}, (), HERE, None, MARK)


@pytest.mark.parametrize("file", EXCEPTIONS, ids=lambda one: one.id)
def test_exceptions_without_a_file_are_the_same_in_kibana_again(file):
    sent = bundle(RULES, [file])
    users = {
        one["list_id"]: [r["rule_id"] for r in sent.rules if one["list_id"] in str(r["exceptions_list"])]
        for one in sent.lists
    }
    lists = [
        FoundList(one, tuple(i for i in sent.items if i["list_id"] == one["list_id"]), tuple(users[one["list_id"]]))
        for one in sent.lists
    ]

    found, notes = exceptions_from(lists, None, {}, HERE)

    assert notes == []
    again = bundle(RULES, [found])
    assert (again.lists, again.items, again.rules) == (sent.lists, sent.items, sent.rules)


def test_what_proves_an_exception_stays():
    [before] = load_exceptions([locate_exceptions("ansible")])[0]
    sent = bundle(RULES, [before])
    changed = tuple(one | {"name": "Other"} for one in sent.items)

    found, _ = exceptions_from([FoundList(sent.lists[0], changed, ())], before, {}, HERE)

    assert [one.name for one in found.items] == ["Other"]
    assert [(one.removes, one.still_fires, one.rules) for one in found.items] == [
        (one.removes, one.still_fires, one.rules) for one in before.items
    ]


def test_two_exceptions_of_one_name_stay_two():
    sent = bundle([rule(number=1)], [excepting(1)])
    twice = (sent.items[0], sent.items[0] | {"item_id": "job-0"})

    found, _ = exceptions_from([FoundList(sent.lists[0], twice, (str(rule(number=1).id),))], None, {}, HERE)

    assert [one.id for one in found.items] == ["job_0", "job_0_more"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A b-C", "a_b_c"),
        ("9 lives", "n_9_lives"),
        ("", "n"),
        ("../..", "n"),
        ("NUL", "n_nul"),
        ("com7", "n_com7"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_name_is_that_of_a_file_on_any_system(text, name):
    assert slug(text) == name
