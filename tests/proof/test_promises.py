from __future__ import annotations

import pytest

from comtrap.errors import RuleError
from comtrap.proof.promises import read_promises
from comtrap.proof.prove import promises_of
from comtrap.proof.simulate import SENSORS
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.rules.load import DEFAULT, load_rules, locate

SIGNAL = '[[signal]]\nattack = "task"\nsensors = ["sysmon"]\ntext = "x"\nquery = "any where true"\n'


def written(path, text):
    path.write_text(text, "utf-8")
    return path


def test_the_pack_promises_something_of_every_attack_at_every_sensor():
    promises = promises_of(locate(DEFAULT))
    assert {(p.attack, p.sensor) for p in promises.promises} == {(a, s) for a in ATTACKS for s in SENSORS}
    assert all(p.rules or p.reason for p in promises.promises)
    seen = {(s.attack, sensor) for s in promises.signals for sensor in s.sensors}
    assert seen == {(a, s) for a in ATTACKS for s in SENSORS}


def test_promises_name_rules_that_exist():
    slugs = {rule.path.stem for rule in load_rules()}
    assert {rule for p in promises_of(locate(DEFAULT)).promises for rule in p.rules} <= slugs


def test_a_pack_without_a_file_promises_nothing(tmp_path):
    promises = promises_of(tmp_path)
    assert (promises.signals, promises.promises, promises.captures) == ((), (), ())


def test_captures_lie_beside_the_file(tmp_path):
    path = written(tmp_path / "p.toml", '[[capture]]\npath = "a.evtx"\nrules = ["x"]\nquiet = true\n')
    (capture,) = read_promises(path).captures
    assert (capture.path, capture.rules, capture.quiet) == (tmp_path / "a.evtx", ("x",), True)


def test_a_capture_names_the_events_that_show_the_attack(tmp_path):
    path = written(tmp_path / "p.toml", '[[capture]]\npath = "a.zip"\nrules = []\nmember = "b"\nevents = [2, 0]\n')
    (capture,) = read_promises(path).captures
    assert (capture.member, capture.events) == ("b", (2, 0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("signals = 1\n", "unknown key `signals`"),
        (SIGNAL.replace('text = "x"\n', ""), "a signal without `text`"),
        (SIGNAL + "more = 1\n", "unknown key `more`"),
        (SIGNAL.replace('"task"', '"tusk"'), "no attack called 'tusk'"),
        (SIGNAL.replace('"sysmon"', '"syslog"'), "no sensor called 'syslog'"),
        (SIGNAL.replace('"sysmon"', "1"), "holds something else than texts"),
        (SIGNAL.replace('"x"', "5"), "`text` of a signal is 5, expected str"),
        (SIGNAL.replace("any where true", "any wher true"), "E1"),
        ('[[promise]]\nattack = "task"\nsensor = "sysmon"\nrules = []\n', "no `reason` given"),
        ('[[capture]]\npath = "a"\nrules = []\nevents = [-1]\n', "something else than positions from 0"),
        ('[[capture]]\npath = "a"\nrules = []\nevents = [true]\n', "something else than positions from 0"),
        ("not toml", "not TOML"),
    ],
)
def test_mistakes_are_told(tmp_path, text, said):
    with pytest.raises(RuleError) as found:
        read_promises(written(tmp_path / "p.toml", text))
    assert said in str(found.value)
