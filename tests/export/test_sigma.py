"""What is written is Sigma, passes sigma-cli's validators, and finds the same samples when it is read back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sigma.collection import SigmaCollection
from sigma.data import mitre_attack
from sigma.validation import SigmaValidator
from sigma.validators.core import validators
from sigma.validators.core.tags import D3FENDTagValidator
from tests.export import sigma_reader
from tests.export.made_up import made_up
from tests.export.without_ours import theirs
from tests.golden import check_golden

from comtrap.export.sigma import export
from comtrap.lang import ast
from comtrap.proof.run import fired
from comtrap.proof.samples import plan_of
from comtrap.rules.attack import VERSIONS, edition
from comtrap.rules.load import load_rules
from comtrap.rules.samples import samples

RULES = {rule.path.stem: rule for rule in load_rules()}
MADE = export(list(RULES.values()))
GOLDEN = Path(__file__).parent / "golden"

LEFT_OUT = {
    "amsi_com_script": "there is no log source for `api` events that no event id tells apart",
    "powershell_com_binding": "there is no one log source for the events 800, 4103",
    "powershell_dcom_client_command": "there is no one log source for the events 800, 4103",
}
# Issues that are meant: a value of the registry that is a text, and happens to be a number.
MEANT = {(f"office_macro_access{of}.yml", "NumberAsStringIssue") for of in ("", "_endpoint", "_security")}


def test_what_is_left_out_is_known():
    assert {note.rule.path.stem: note.text for note in MADE.notes if note.left_out} == LEFT_OUT
    assert MADE.rules == len(MADE.files) == len(RULES) - len(LEFT_OUT)


def test_nine_of_ten_event_rules_are_said():
    events = {name for name, rule in RULES.items() if isinstance(rule.query.body, ast.EventQuery)}
    assert len(events - LEFT_OUT.keys()) >= 0.9 * len(events)


@pytest.mark.parametrize("name", sorted(RULES.keys() - LEFT_OUT.keys()))
def test_what_is_read_back_finds_the_same_samples(name):
    rule, text = RULES[name], MADE.files[f"{name}.yml"]
    plan = theirs(rule)
    for sample in samples(rule):
        found = set()
        for query in sigma_reader.queries(text, sample.source):
            found |= {one.events for one in fired(plan_of(replace(rule, text=query)), sample.path)}
        want = {one.events for one in fired(plan, sample.path)} - made_up(rule, sample)
        assert found == want, f"{sample.source}, hit: {sample.hit}"


@pytest.fixture
def attack(tmp_path):
    """pySigma's validators look ATT&CK up in a file of the form in which MITRE publishes it."""
    known = edition(VERSIONS[-1])

    def refers(name):
        return [{"source_name": "mitre-attack", "external_id": name}]

    tactics = [
        {
            "type": "x-mitre-tactic",
            "x_mitre_shortname": title.lower().replace(" ", "-"),
            "external_references": refers(name),
        }
        for name, title in known.tactics.items()
    ]
    techniques = [
        {"type": "attack-pattern", "name": one["name"], "external_references": refers(name)}
        for name, one in known.techniques.items()
    ]
    path = tmp_path / "attack.json"
    path.write_text(json.dumps({"objects": [*tactics, *techniques]}))
    mitre_attack.set_cache_dir(str(tmp_path / "cache"))
    mitre_attack.set_url(str(path))
    yield
    mitre_attack._get_cache().close()


@pytest.mark.usefixtures("attack")
def test_no_validator_has_anything_to_say(tmp_path):
    for name, text in MADE.files.items():
        (tmp_path / name).write_text(text, "utf-8")
    found = SigmaCollection.load_ruleset([tmp_path])
    # D3FEND would be fetched from its makers, and no rule names it.
    issues = SigmaValidator(v for v in validators.values() if v is not D3FENDTagValidator).validate_rules(found)
    said = {(str(rule.source.path.name), type(issue).__name__) for issue in issues for rule in issue.rules}
    assert said == MEANT


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a backend reads its data by a function that goes
@pytest.mark.usefixtures("attack")
def test_sigma_check_finds_nothing_but_what_is_meant(tmp_path, monkeypatch):
    """The command that people run, with every validator it has but the one that would fetch D3FEND."""
    check = pytest.importorskip("sigma.cli.check").check
    testing = pytest.importorskip("click.testing")
    for name, text in MADE.files.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setenv("COLUMNS", "200")

    ran = testing.CliRunner().invoke(check, ["--exclude", "d3_fendtag", "--fail-on-error", str(tmp_path)])

    assert ran.exit_code == 0, ran.output
    found = re.search(r"Found (\d+) errors, (\d+) condition errors and (\d+) issues", ran.output)
    assert found, ran.output
    assert tuple(map(int, found.groups())) == (0, 0, len(MEANT)), ran.output


def test_ids_are_of_one_rule_each_and_not_ours():
    ids = [rule.id for text in MADE.files.values() for rule in SigmaCollection.from_yaml(text)]
    assert len(ids) == len(set(ids))
    assert not {*ids} & {rule.id for rule in RULES.values()}


def test_an_export_says_the_same_twice():
    assert export(list(RULES.values())).files == MADE.files


@pytest.mark.parametrize(
    "name",
    [
        "com_surrogate_child",
        "com_hijack_redirect_security",
        "com_hijack_loaded",
        "dcom_inbound_connection",
        "winrm_vbs_invoke",
    ],
)
def test_golden(name):
    check_golden(GOLDEN / f"{name}.yml", MADE.files[f"{name}.yml"])
