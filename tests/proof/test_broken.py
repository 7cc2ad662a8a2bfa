"""`comtrap prove` turns red when a rule, a sample, a promise or a mapping is broken."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from comtrap.cli.main import main
from comtrap.normalise.tables import plan, table
from comtrap.rules.load import PACKS

if TYPE_CHECKING:
    from comtrap.events.raw import Kind
    from comtrap.normalise.event import Event

RULE = "com_surrogate_elevated_child"
PROMISE = f'[[promise]]\nattack = "raspberry-robin"\nsensor = "sysmon"\nrules = ["{RULE}"]\n'


@pytest.fixture
def small(tmp_path):
    """A pack of one rule with its samples and one promise, and whether all is kept of it."""
    made, whole = tmp_path / "pack", PACKS / "com_abuse"
    for folder in ("rules", "proof"):
        (made / folder).mkdir(parents=True)
    (made / "pack.toml").write_text((whole / "pack.toml").read_text("utf-8"), "utf-8")
    shutil.copy(whole / "rules" / f"{RULE}.toml", made / "rules")
    shutil.copytree(whole / "guides", made / "guides")
    shutil.copytree(whole / "samples" / RULE, made / "samples" / RULE)
    others = [
        f'[[promise]]\nattack = "raspberry-robin"\nsensor = "{sensor}"\nrules = []\nreason = "not tried"\n'
        for sensor in ("winlogbeat", "endpoint", "security", "evtx-json")
    ]
    (made / "proof" / "attacks.toml").write_text(PROMISE + "".join(others), "utf-8")
    return made


def _broken(pack, capsys):
    """The lines that say what is broken."""
    code = main(["prove", "--rules", str(pack)])
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert code == bool(failed)
    return failed


def test_nothing_is_broken_to_begin_with(small, capsys):
    assert _broken(small, capsys) == []


def test_a_broken_rule(small, capsys):
    path = small / "rules" / f"{RULE}.toml"
    path.write_text(path.read_text("utf-8").replace("3E5FC7F9", "3E5FC7F8"), "utf-8")
    assert any("raspberry-robin" in line for line in _broken(small, capsys))


@pytest.mark.parametrize("kind", ["hit", "miss"])
def test_a_broken_sample(small, capsys, kind):
    folder = small / "samples" / RULE
    other = {"hit": "miss", "miss": "hit"}[kind]
    shutil.copy(folder / f"sysmon.{other}.ndjson", folder / f"sysmon.{kind}.ndjson")
    assert any("samples" in line for line in _broken(small, capsys))


def test_a_broken_promise(small, capsys):
    path = small / "proof" / "attacks.toml"
    path.write_text(path.read_text("utf-8").replace(RULE, "another_rule"), "utf-8")
    assert any("raspberry-robin" in line for line in _broken(small, capsys))


@pytest.fixture
def mapping():
    """Cuts a field from the mapping of an event, for a test."""
    whole = dict(table())

    def cut(kind, name):
        line = whole[kind]
        fields = {field: expr for field, expr in line.fields.items() if field != name}
        assert len(fields) < len(line.fields)
        cast("dict[Kind, Event]", table())[kind] = replace(line, fields=fields)
        plan.cache_clear()

    yield cut
    cast("dict[Kind, Event]", table()).update(whole)
    plan.cache_clear()


def test_a_broken_mapping(small, capsys, mapping):
    mapping(("Microsoft-Windows-Sysmon", 1), "process.parent.command_line")
    assert any("raspberry-robin" in line for line in _broken(small, capsys))
    assert not any("endpoint" in line for line in _broken(small, capsys))
