from __future__ import annotations

from datetime import UTC, datetime

from tests.material import process, rule_file, write

from comtrap.proof.lint import lint_all
from comtrap.rules.load import PACKS

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EXCEPTION = """
id = "agent"
name = "An agent"
description = "What it does."
owner = "a team"
reason = "It is ours."
ticket = "CHG-1"
expires = 2027-06-30
[[items]]
id = "starts"
name = "Its starts"
rules = ["00000000-0000-0000-0000-000000000001"]
entries = [{ field = "process.name", type = "match", operator = "included", value = "agent.exe" }]
"""


def codes(folder, exception=EXCEPTION, as_of=NOW):
    path = folder / "agent.exceptions.toml"
    path.write_text(exception)
    _, _, found = lint_all([folder / "rules"], [path], as_of)
    return [one.diagnostic.code for one in found if one.diagnostic.code not in {"W302", "W304"}]


def pack(folder, query=None):
    (folder / "rules").mkdir()
    rule_file(folder / "rules" / "one.toml", *(() if query is None else (query,)))
    write(folder / "samples" / "one" / "sysmon.hit.ndjson", [process(0, 1)])


def test_the_pack_has_nothing_wrong():
    rules, exceptions, found = lint_all([PACKS / "com_abuse"], [PACKS / "com_abuse"], NOW)
    assert (rules, exceptions > 10, list(map(str, found))) == (120, True, [])


def test_rules_and_exceptions_that_are_right_have_nothing_wrong(tmp_path):
    pack(tmp_path)
    assert codes(tmp_path) == []


def test_an_expired_exception_is_warned_of_and_proved_all_the_same(tmp_path):
    pack(tmp_path)
    assert codes(tmp_path, as_of=datetime(2027, 7, 1, tzinfo=UTC)) == ["W308"]
    late = EXCEPTION.replace("agent.exe", "cmd.exe")
    assert codes(tmp_path, late, datetime(2027, 7, 1, tzinfo=UTC)) == ["W308", "E330"]


def test_an_exception_on_a_field_that_is_not_there_is_said_once(tmp_path):
    pack(tmp_path)
    assert codes(tmp_path, EXCEPTION.replace("process.name", "proces.name")) == ["E201"]


def test_every_kind_of_mistake_is_found_in_one_go(tmp_path):
    pack(tmp_path, "any where no.such == 1")
    (tmp_path / "rules" / "two.toml").write_text("id = ")
    assert codes(tmp_path, "id = ") == ["E302", "E201", "E302"]


def test_a_finding_without_a_place_names_its_file(tmp_path):
    pack(tmp_path)
    (tmp_path / "a.toml").write_text(EXCEPTION.replace("agent.exe", "cmd.exe"))
    _, _, found = lint_all([tmp_path / "rules"], [tmp_path / "a.toml"], NOW)
    assert str(found[-1]).endswith(f"--> {tmp_path / 'a.toml'}")
