from __future__ import annotations

from pathlib import Path

import pytest
from tests.golden import check_golden
from tests.material import SURROGATE_CHILD, process, rule_file, write

from comtrap.explain.render.ink import UNICODE, Pen
from comtrap.proof.attack_events import Attack, Place
from comtrap.proof.published import Published
from comtrap.proof.published_report import data, lines
from comtrap.rules.load import load_rules

GOLDEN = Path(__file__).parent / "golden"
CHILD = SURROGATE_CHILD + ' and (process.name : ("cmd.exe", "powershell.exe") or process.args : "-x")'


@pytest.fixture
def made(tmp_path):
    """A query, and what it makes of four attacks."""
    rule_file(tmp_path / "child.toml", CHILD)
    rule_file(tmp_path / "value.toml", 'registry where registry.path : "*\\\\CLSID\\\\*"', 2)
    published = Published(load_rules(tmp_path))

    def of(kind, name, *events):
        path = write(tmp_path / name, events)
        return Attack(kind, name, "sysmon", path, frozenset(Place(path, None, n) for n in range(len(events))))

    attacks = [
        of("attack", "caught", process(0, 1)),
        of("attack", "missed", process(0, 1, "calc.exe")),
        of("sample", "sample", process(0, 1, parent="explorer.exe")),
        Attack("capture", "\x1b[31mred.evtx", "", "red.evtx", frozenset(), "no rule alerts"),
    ]
    verdicts = [published.judge(attack) for attack in attacks]
    return verdicts, published.losses(verdicts)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_table(made, verbose):
    drawn = lines(*made, Pen(90, UNICODE), verbose=verbose)
    text = "".join("".join(piece for piece, _ in line).rstrip() + "\n" for line in drawn)
    check_golden(GOLDEN / f"published{'_verbose' * verbose}.txt", text)


def test_what_a_file_is_called_does_nothing_to_a_terminal(made):
    drawn = lines(*made, Pen(90, UNICODE), verbose=True)
    assert "\x1b" not in "".join(piece for line in drawn for piece, _ in line)


def test_the_data_name_each_clause_lost_with_its_values(made):
    found = data(*made)
    missed = found["attacks"][1]
    (lost,) = missed["nearest"][0]["lost"]
    assert missed["caught_by"] == []
    assert lost["parts"][0]["values"] == [{"name": "process.name", "values": ["calc.exe"], "count": 1}]
    assert found["queries"][0]["caught"] == 1
