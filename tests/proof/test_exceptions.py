"""Exceptions take events away before anything is looked for, and none that hides a known attack gets through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.material import process, rule, write

from comtrap.proof.exceptions import prove
from comtrap.proof.run import fired
from comtrap.proof.samples import plan_of
from comtrap.rules.exception_file import load_exceptions
from comtrap.rules.exceptions import Entry, ExceptionItem
from comtrap.rules.load import PACKS, load_rules

START = 'process where event.type == "start" and process.name : "{}"'
SEQUENCE = f"sequence by host.name with maxspan=1m [{START.format('a.exe')}] [{START.format('b.exe')}]"


def item(name, *rules, **more):
    """An exception for events of the program `name`."""
    made = {
        "list_id": "a_list", "id": "an_item", "name": "Name", "rules": tuple(r.id for r in rules),
        "entries": (Entry("process.name", "match", values=(name,)),), "owner": "o", "reason": "r", "ticket": "t",
        "expires": datetime(2030, 1, 1, tzinfo=UTC), "path": Path("nowhere.toml"),
    }  # fmt: skip
    return ExceptionItem(**(made | more))


def found(query, names, *, without, folder):
    """The events of the matches in starts of programs, one a second."""
    one = rule(query)
    path = Path(write(folder / "events.ndjson", [process(n, n + 1, name) for n, name in enumerate(names)]))
    return [match.events for match in fired(plan_of(one, [item(without, one)]), path)]


@pytest.mark.parametrize(
    ("query", "names", "without", "expected"),
    [
        (START.format("*"), ["a.exe", "b.exe", "a.exe"], "a.exe", [(1,)]),
        (SEQUENCE, ["a.exe", "b.exe"], "x.exe", [(0, 1)]),
        (SEQUENCE, ["a.exe", "b.exe"], "a.exe", []),
        (SEQUENCE, ["a.exe", "b.exe"], "b.exe", []),
        # what is gone can neither end a sequence nor be what must be missing
        (f"{SEQUENCE} until [{START.format('end.exe')}]", ["a.exe", "end.exe", "b.exe"], "x.exe", []),
        (f"{SEQUENCE} until [{START.format('end.exe')}]", ["a.exe", "end.exe", "b.exe"], "end.exe", [(0, 2)]),
        (SEQUENCE.replace("] [", f"] ![{START.format('no.exe')}] ["), ["a.exe", "no.exe", "b.exe"], "x.exe", []),
        (SEQUENCE.replace("] [", f"] ![{START.format('no.exe')}] ["), ["a.exe", "no.exe", "b.exe"], "no.exe", [(0, 2)]),
    ],
)
def test_events_are_gone_before_sequences_are_looked_for(query, names, without, expected, tmp_path):
    assert found(query, names, without=without, folder=tmp_path) == expected


def test_an_exception_applies_to_its_rules_only(tmp_path):
    one, other = rule(START.format("*"), 1), rule(START.format("*"), 2)
    path = Path(write(tmp_path / "events.ndjson", [process(0, 1, "a.exe")]))
    assert fired(plan_of(other, [item("a.exe", one)]), path)


def test_any_of_several_exceptions_is_enough(tmp_path):
    one = rule(START.format("*"))
    path = Path(write(tmp_path / "e.ndjson", [process(n, n + 1, f"{name}.exe") for n, name in enumerate("abc")]))
    both = [item("a.exe", one), item("c.exe", one)]
    assert [match.events for match in fired(plan_of(one, both), path)] == [(1,)]


# --- the proof ---


@pytest.fixture
def pack(tmp_path):
    """A rule in a pack with one hit sample, two starts below a surrogate."""
    (tmp_path / "rules").mkdir()
    one = rule(path=tmp_path / "rules" / "one.toml")
    write(tmp_path / "samples" / "one" / "sysmon.hit.ndjson", [process(0, 1, "a.exe"), process(1, 2, "b.exe")])
    return tmp_path, one


def said(item_, *rules):
    return [d.code for d in prove(item_, rules)]


def test_an_exception_that_hides_a_hit_sample_is_refused(pack):
    _, one = pack
    (found,) = prove(item("b.exe", one), [one])
    assert (found.code, found.severity) == ("E330", "error")
    assert "line 2" in found.title


def test_an_exception_that_leaves_them_is_not(pack):
    _, one = pack
    assert said(item("agent.exe", one), one) == []


def test_an_attack_that_it_promises_to_leave_must_alert_all_the_same(pack):
    folder, one = pack
    attack = Path(write(folder / "attack.ndjson", [process(0, 1, "agent.exe", CommandLine="agent.exe -attack")]))
    assert said(item("agent.exe", one, still_fires=(attack,)), one) == ["E330"]


def test_a_promise_about_events_on_which_nothing_alerts_is_void(pack):
    folder, one = pack
    quiet = Path(write(folder / "quiet.ndjson", [process(0, 1, "a.exe", parent="explorer.exe")]))
    assert said(item("agent.exe", one, still_fires=(quiet,)), one) == ["E331"]


def test_events_that_it_is_for_must_be_removed(pack):
    folder, one = pack
    benign = Path(write(folder / "benign.ndjson", [process(0, 1, "agent.exe")]))
    quiet = Path(write(folder / "quiet.ndjson", [process(0, 1, "a.exe", parent="explorer.exe")]))
    assert said(item("agent.exe", one, removes=(benign,)), one) == []
    assert said(item("other.exe", one, removes=(benign,)), one) == ["W309"]
    assert said(item("agent.exe", one, removes=(quiet,)), one) == ["W309"]


def test_a_rule_that_is_not_there_is_said(pack):
    _, one = pack
    assert said(item("agent.exe", rule(number=9)), one) == ["E322"]


def test_an_exception_without_any_proof_is_warned_of(pack):
    _, one = pack
    assert said(item("agent.exe", bare := replace(one, path=Path("nowhere/rules/bare.toml"))), bare) == ["W310"]


@pytest.mark.parametrize("content", [None, "no JSON\n"])
def test_a_sample_that_cannot_be_read_proves_nothing(content, pack):
    folder, one = pack
    path = folder / "missing.ndjson"
    if content is not None:
        path.write_text(content)
    assert said(item("agent.exe", one, still_fires=(path,)), one) == ["E332"]


def test_a_sequence_that_other_events_complete_is_not_lost(tmp_path):
    one = rule(SEQUENCE, path=tmp_path / "rules" / "one.toml")
    starts = [process(n, n + 1, name, CommandLine=f"{name} {n}") for n, name in enumerate(["a.exe", "a.exe", "b.exe"])]
    write(tmp_path / "samples" / "one" / "sysmon.hit.ndjson", starts)
    second = item("", one, entries=(Entry("process.command_line", "match", values=("a.exe 1",)),))
    assert said(second, one) == []
    assert said(item("b.exe", one), one) == ["E330"]


# --- those that come with the pack ---

RULES = load_rules()
SHIPPED = [one for lists, _ in [load_exceptions([PACKS / "com_abuse"])] for file in lists for one in file.items]


def test_the_tools_that_were_asked_for_have_exceptions():
    assert {one.list_id for one in SHIPPED} == {
        "sccm", "pdq_deploy", "ansible", "intune", "onedrive", "office_addins",
    }  # fmt: skip


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.label)
def test_an_exception_that_comes_with_the_pack_removes_what_it_is_for_and_hides_nothing(one):
    assert one.removes
    assert one.still_fires
    assert list(prove(one, RULES)) == []


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.label)
def test_none_of_them_is_on_unless_named(one):
    for path in one.removes:
        assert any(fired(plan_of(r), path) for r in RULES if r.id in one.rules)
