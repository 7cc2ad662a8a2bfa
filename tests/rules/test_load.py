from __future__ import annotations

import pytest

from comtrap.errors import PluginError, RuleError
from comtrap.rules.load import load, load_rules, packs
from comtrap.rules.rule import Severity

RULE = '''
id = "00000000-0000-4000-8000-000000000001"
name = "A rule"
description = "What it is about."
behaviour = "a_behaviour"
severity = "high"
index = ["logs-windows.sysmon_operational-*"]
sources = ["sysmon"]
techniques = ["T1559.001", "T1546.015/TA0004"]
query = """
process where process.name : "cmd.exe"
"""
'''


def write(folder, text, name="rule.toml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def wrong(folder, text):
    """The codes and titles of what is wrong with a file, and the lines they point at."""
    rules, errors = load([write(folder, text)])
    assert rules == []
    (error,) = errors
    return [
        (d.code, d.title, error.text.count("\n", 0, d.labels[0].span.start) + 1 if d.labels else None)
        for d in error.diagnostics
    ]


def test_a_file_is_a_rule(tmp_path):
    (rule,), errors = load([write(tmp_path, RULE)])
    assert errors == []
    assert (rule.name, rule.severity, rule.risk_score) == ("A rule", Severity.HIGH, 73)
    assert [(t.id, t.tactic) for t in rule.techniques] == [("T1559.001", "TA0002"), ("T1546.015", "TA0004")]
    assert rule.text.strip() == 'process where process.name : "cmd.exe"'


def test_all_that_a_rule_lacks_is_said_at_once(tmp_path):
    found = wrong(tmp_path, 'name = "A rule"\n')
    assert {title for code, title, _ in found if code == "E303"} == {
        "no `id`", "no `description`", "no `behaviour`", "no `severity`", "no `index`", "no `sources`", "no `techniques`",
        "no `query`",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('severity = "high"', 'severity = "bad"', "E304"),
        ('severity = "high"', 'severty = "high"', "E304"),
        ('sources = ["sysmon"]', 'sources = ["toaster"]', "E304"),
        ("000000000001", "x", "E304"),
        ("T1559.001", "T9999", "E306"),
        ('behaviour = "a_behaviour"', 'behaviour = "A Behaviour"', "E304"),
    ],
)
def test_a_wrong_value_is_pointed_at(old, new, code, tmp_path):
    text = RULE.replace(old, new)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if new in row)
    assert (code, line) in [(c, at) for c, _, at in wrong(tmp_path, text)]


PEOPLE = """
risk_reason = "High: it is rare."
actors = [{ name = "APT0", use = "does it", reference = "https://attack.mitre.org/groups/G0000/" }]
note = "Look at the parent."
response = "End the process."
setup = "Sysmon event 1."
"""


def test_what_a_rule_tells_people_is_kept(tmp_path):
    (rule,), errors = load([write(tmp_path, RULE + PEOPLE)])
    assert errors == []
    assert (rule.risk_reason, rule.note, rule.response) == (
        "High: it is rare.", "Look at the parent.", "End the process.",
    )  # fmt: skip
    assert [(a.name, a.use, a.reference) for a in rule.actors] == [
        ("APT0", "does it", "https://attack.mitre.org/groups/G0000/")
    ]


def test_a_guide_follows_what_the_rule_says_itself(tmp_path):
    write(tmp_path, "# G\n\n## Investigation\n\nThen this.\n\n## Response\n\nThen that.\n", "guides/g.md")
    (rule,), errors = load([write(tmp_path, RULE + PEOPLE + 'guide = "g"\n', "rules/a.toml")])
    assert errors == []
    assert rule.note == "Look at the parent.\n\n## Investigation\n\nThen this."
    assert rule.response == "End the process.\n\n## Response\n\nThen that."


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('guide = "no_such"', "E307"),
        ('guide = "../secret"', "E304"),
        ("actors = ['APT0']", "E304"),
        ("actors = { name = 'APT0' }", "E304"),
        ("actors = [{ name = 'APT0', use = 'x' }]", "E304"),
        ("actors = [{ name = 'APT0', use = 'x', reference = 'hearsay' }]", "E304"),
        ("actors = [{ name = 'APT0', use = 7, reference = 'https://x' }]", "E304"),
        ('risk_reason = ""', "E304"),
        ("response = []", "E304"),
        ("setup = 1", "E304"),
    ],
)
def test_a_wrong_word_to_people_is_pointed_at(line, code, tmp_path):
    assert (code, 2) in [(found, at) for found, _, at in wrong(tmp_path, f"\n{line}\n{RULE}")]


def test_a_rule_may_know_of_no_actor(tmp_path):
    (rule,), errors = load([write(tmp_path, RULE + "actors = []\n")])
    assert (rule.actors, errors) == ((), [])


def test_a_wrong_query_is_pointed_at_in_the_file(tmp_path):
    ((code, _, line),) = wrong(tmp_path, RULE.replace("process where", "process were"))
    assert (code[:2], line) == ("E1", 11)


def test_a_look_back_shorter_than_the_interval_would_miss_events(tmp_path):
    found = wrong(tmp_path, 'interval = "10m"\nlookback = "now-5m"\n' + RULE)
    assert ("E304", 2) in [(code, line) for code, _, line in found]


@pytest.mark.parametrize("text", ["id = ", "[" * 5_000, "\0"])
def test_what_is_not_toml_is_said(text, tmp_path):
    assert [code for code, _, _ in wrong(tmp_path, text)] == ["E302"]


def test_what_is_not_text_is_said(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_bytes(b"\xff\xfe\0")
    (error,) = load([path])[1]
    assert error.diagnostics[0].code == "E301"


def test_one_bad_rule_does_not_hide_the_others(tmp_path):
    write(tmp_path, RULE, "good.toml")
    write(tmp_path, "id = ", "bad.toml")
    rules, errors = load([tmp_path])
    assert ([r.path.name for r in rules], len(errors)) == (["good.toml"], 1)


def test_two_rules_with_one_id_are_one_and_a_mistake(tmp_path):
    write(tmp_path, RULE, "a.toml")
    write(tmp_path, RULE, "b.toml")
    rules, (error,) = load([tmp_path])
    assert ([r.path.name for r in rules], error.diagnostics[0].code) == (["a.toml"], "E305")


def test_a_file_named_twice_is_loaded_once(tmp_path):
    path = write(tmp_path, RULE)
    rules, errors = load([path, tmp_path, path])
    assert (len(rules), errors) == (1, [])


def test_of_a_pack_only_the_rules_are_loaded(tmp_path):
    write(tmp_path, 'name = "p"\n', "pack.toml")
    write(tmp_path, RULE, "rules/a.toml")
    write(tmp_path, "no rule", "com_objects.toml")
    rules, errors = load([tmp_path])
    assert (len(rules), errors) == (1, [])


def test_without_a_name_the_pack_of_com_abuse_is_loaded():
    assert "com_abuse" in packs()
    assert load_rules() == load_rules("com_abuse")


def test_a_name_that_is_neither_pack_nor_path_lists_the_packs():
    with pytest.raises(PluginError, match="com_abuse"):
        load_rules("no-such-pack")


def test_load_rules_raises_the_first_mistake_and_notes_the_others(tmp_path):
    write(tmp_path, "id = ", "a.toml")
    write(tmp_path, "id = ", "b.toml")
    with pytest.raises(RuleError) as raised:
        load_rules(tmp_path)
    assert len(raised.value.__notes__) == 1
