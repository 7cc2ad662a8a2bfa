from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from tests.material import process, rule, rule_file, write

from comtrap.plan.optimise import optimise
from comtrap.plan.written import write_plan
from comtrap.rules import cache, compiled, load
from comtrap.rules.compile import compile_rules
from comtrap.scan import scan
from comtrap.schema.telemetry import telemetry

RULE = rule()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COMTRAP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_compiling(monkeypatch):
    """Calling this makes compiling and reading rules anew an error."""

    def forbid():
        def fail(*_args):
            raise AssertionError("not from the cache")

        monkeypatch.setattr(compiled, "compile_rules", fail)
        monkeypatch.setattr(load, "read", fail)

    return forbid


def cold(*rules):
    return optimise(compile_rules(rules, telemetry())[0])


def test_the_second_time_the_plan_is_the_same_and_read(no_compiling):
    first = compiled.compiled([RULE])
    no_compiling()

    assert compiled.compiled([RULE]) == first == (cold(RULE), [])


def test_the_pack_is_the_same_from_the_cache(no_compiling):
    rules = load.load_rules()
    plan = compiled.compiled(rules)
    no_compiling()

    assert load.load_rules() == rules
    assert compiled.compiled(rules) == plan


@pytest.mark.parametrize(
    "change", [{"text": "any where false"}, {"index": ("logs-x-*",)}, {"id": rule(number=2).id}], ids=str
)
def test_another_rule_is_another_plan(change):
    compiled.compiled([RULE])
    other = replace(RULE, **change)

    assert compiled.compiled([other])[0] == cold(other) != cold(RULE)


def test_what_is_wrong_is_said_every_time():
    wrong = rule("process where no.such.field == 1", 2)
    for _ in range(2):
        _, errors = compiled.compiled([RULE, wrong])
        assert [d.code for error in errors for d in error.diagnostics] == ["E201"]


@pytest.mark.parametrize("kept", [b"", b"{}", b"[" * 100_000, write_plan(cold(rule(number=9)))], ids=lambda b: b[:9])
def test_a_wrong_file_with_a_right_seal_is_written_anew(folder, kept):
    compiled.compiled([RULE])
    (path,) = folder.iterdir()
    right = path.read_bytes()
    cache.write("plan", path.stem.removeprefix("plan-"), kept)

    assert compiled.compiled([RULE]) == (cold(RULE), [])
    assert path.read_bytes() == right


def test_a_regular_expression_that_is_none_is_not_taken():
    plan = cold(rule('process where process.name regex "ab+"'))
    wrong = write_plan(plan).replace(b"ab+", b"a(b")
    assert wrong != write_plan(plan)

    with pytest.raises(ValueError, match="regular expression"):
        compiled._checked(compiled.read_plan(wrong), [RULE])


def test_a_rule_that_was_edited_is_read_anew(tmp_path):
    path = rule_file(tmp_path / "a.toml", severity="high")
    load.load([path])
    rule_file(path, severity="low")

    assert load.load([path])[0][0].severity.word == "low"


def test_a_rule_that_moved_is_the_same_at_its_new_path(tmp_path, no_compiling):
    (before,), _ = load.load([rule_file(tmp_path / "a.toml")])
    no_compiling()
    moved = (tmp_path / "a.toml").rename(tmp_path / "b.toml")

    assert load.load([moved]) == ([replace(before, path=moved)], [])


def test_a_guide_that_was_edited_is_read_anew(tmp_path):
    path = tmp_path / "rules" / "a.toml"
    guide = tmp_path / "guides" / "one.md"
    for one in (path, guide):
        one.parent.mkdir()
    rule_file(path)
    path.write_text('guide = "one"\n' + path.read_text("utf-8"), "utf-8")
    for text in ("first", "second"):
        guide.write_text(f"# A\n\n## Investigation\n\n{text}\n\n## Response\n\nx\n", "utf-8")
        for _ in range(2):
            (found,), _ = load.load([path])
            assert text in found.note
    guide.unlink()

    assert [d.code for d in load.load([path])[1][0].diagnostics] == ["E307"]


def test_files_with_mistakes_are_read_every_time(tmp_path):
    right, wrong = rule_file(tmp_path / "a.toml"), tmp_path / "b.toml"
    wrong.write_text("x = ", "utf-8")

    for _ in range(2):
        rules, errors = load.load([right, wrong])
        assert (len(rules), [d.code for e in errors for d in e.diagnostics]) == (1, ["E302"])


def test_a_scan_gives_the_same_alerts_cold_warm_and_without(tmp_path, monkeypatch, folder, no_compiling):
    rules = [rule(), rule("sequence by host.id [process where true] [process where true]", 2)]
    logs = write(tmp_path / "logs.ndjson", [process(n, n) for n in range(4)])

    def alerts():
        return [(alert.id, alert.rule.id) for alert in scan([logs], rules).alerts]

    cold_alerts = alerts()
    assert len(list(folder.iterdir())) == 1
    no_compiling()
    warm = alerts()
    monkeypatch.undo()

    assert cold_alerts == warm == alerts()
    assert warm


def test_processes_that_write_at_once_leave_a_cache_that_is_whole(folder, no_compiling):
    program = (
        "from comtrap.rules.compiled import compiled; from comtrap.rules.load import load_rules; compiled(load_rules())"
    )
    for running in [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]:
        assert running.wait() == 0
    no_compiling()

    rules = load.load_rules()
    assert compiled.compiled(rules)[0].queries
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".json"]
