"""Explaining a query on input: what is told agrees with what a scan finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.explain.material import CHILD, PAIR, excel, exception, explained, image, pairs, starts
from tests.material import EVERYTHING, process, rule, script_block, write
from tests.stopping import Stopping

from comtrap.explain import explain as module
from comtrap.explain.condition import Kind
from comtrap.explain.explain import Wish, explain
from comtrap.explain.judge import Verdict
from comtrap.explain.subject import find, of_rule
from comtrap.explain.trace import Outcome
from comtrap.rules.load import load_rules
from comtrap.rules.samples import samples
from comtrap.scan import scan

if TYPE_CHECKING:
    from comtrap.explain.explanation import Explanation

MISSING = (
    'sequence by process.entity_id with maxspan=1m [process where event.code == "1"] '
    '![process where event.code == "5"] [process where event.code == "7"]'
)
SAMPLE = 'sample by process.entity_id [process where event.code == "1"] [process where event.code == "7"]'


def test_without_input_only_the_plan_is_told():
    found = explain(find(CHILD))
    assert (found.seen, found.stages, found.shown, found.given) == (None, (), (), None)
    assert found.planned.kind == "event"


@pytest.mark.parametrize("one", load_rules(), ids=lambda one: one.path.stem)
def test_every_rule_of_the_pack_on_its_samples_matches_as_often_as_a_scan_does(one):
    paths = [str(sample.path) for sample in samples(one)]
    found = explain(of_rule(one), paths)
    alerts = scan(paths, [one]).alerts

    assert found.matches == sum(alert.count for alert in alerts)
    alerts.close()
    verdicts_agree(found)


def verdicts_agree(found: Explanation) -> None:
    """What is shown as a match holds, what is shown as a miss does not, and the clauses missed are those that do not hold."""
    assert all(shown.judged.verdict is Verdict.TRUE for shown in found.shown)
    for stage in found.stages:
        assert stage.clauses[-1].so_far == stage.held
        for near in stage.nearest:
            held = [part.verdict.holds for part in near.shown.judged.parts]
            assert tuple(at for at, holds in enumerate(held) if not holds) == near.missed
    if found.planned.kind == "event":
        assert found.stages[0].held == found.matches
    if found.sequence is not None:
        assert sum(t.count for t in found.sequence.counts if t.outcome is Outcome.MATCHED) == found.matches
    if found.sample is not None:
        assert found.sample.matched == found.matches


@pytest.mark.parametrize("query", [CHILD, PAIR, MISSING, SAMPLE, f"{CHILD} | tail 1", f"{PAIR} | head 1"])
def test_verdicts_agree_whatever_the_batches(tmp_path, monkeypatch, query):
    events = starts() if query.startswith("process") else pairs()
    whole = explained(query, events, tmp_path)
    monkeypatch.setattr("comtrap.explain.reading.ROWS", 2)
    parts = explained(query, events, tmp_path)

    assert (parts.matches, parts.stages, parts.sequence, parts.sample) == (
        whole.matches,
        whole.stages,
        whole.sequence,
        whole.sample,
    )
    if "|" not in query:
        verdicts_agree(whole)


def outcomes(found: Explanation) -> dict[str, int]:
    return {f"{t.reached} {t.outcome.value}": t.count for t in found.sequence.counts}


def test_what_became_of_each_sequence(tmp_path):
    assert outcomes(explained(PAIR, pairs(), tmp_path)) == {
        "2 matched": 2,
        "1 expired": 2,
        "1 maxspan": 1,
        "1 open": 1,
        "1 replaced": 1,
        "1 until": 1,
    }


def test_what_a_pipe_leaves_out_is_told(tmp_path):
    assert outcomes(explained(f"{PAIR} | head 1", pairs(), tmp_path))["2 cut"] == 1


def courses(found: Explanation) -> list:
    return [course for one in (*found.sequence.matched, *found.sequence.ended) for course in one.courses]


def the(found: Explanation, outcome: Outcome):
    (course,) = (each for each in courses(found) if each.outcome is outcome)
    return course


def test_what_ended_a_sequence_is_told_with_its_event(tmp_path):
    found = explained(PAIR, pairs(), tmp_path, 20)

    late = the(found, Outcome.MAXSPAN)
    assert (late.by[0].event.position, late.over_ns, late.waiting) == (6, 5_500_000_000, 2)
    assert the(found, Outcome.UNTIL).by[0].stage == 0
    assert the(found, Outcome.REPLACED).by[0].event.position == 8
    assert the(found, Outcome.OPEN).end_ns == 4_000_000_000


def test_an_event_with_another_key_is_told_with_the_part_that_differs(tmp_path):
    (other,) = (c.elsewhere for c in courses(explained(PAIR, pairs(), tmp_path, 20)) if c.elsewhere is not None)

    assert other.mark.event.position == 11
    ((name, here, there),) = ((d.name, d.here, d.there) for d in other.differences)
    assert (name, here[-5:-1], there[-5:-1]) == ("process.entity_id", "1005", "1006")


def test_an_event_that_must_be_missing_is_told(tmp_path):
    spoiled = the(explained(MISSING, pairs(), tmp_path), Outcome.PRESENT)

    assert [(m.stage, m.event.position) for m in spoiled.by] == [(2, 3)]
    assert [m.stage for m in spoiled.reached] == [1, 3]


def test_keys_of_several_fields_are_named_by_all_of_them(tmp_path):
    query = "sequence [process where true] by process.entity_id [process where true] by process.parent.entity_id"
    (one,) = explained(query, [process(0, 1)], tmp_path).sequence.ended
    assert [part.name for part in one.key] == ["process.entity_id = process.parent.entity_id"]


def test_a_run_is_counted_in_stages(tmp_path):
    query = "sequence by host.id [process where true] with runs=3 [file where true]"
    found = explained(query, [process(at, at) for at in range(4)], tmp_path)

    assert [stage.number for stage in found.stages] == [1, 4]
    assert [mark.stage for mark in found.sequence.ended[0].courses[0].reached] == [1, 2, 3]


def test_no_event_is_seen_twice_by_a_sequence_without_keys(tmp_path):
    found = explained("sequence [process where true] [process where true]", [process(0, 1), process(1, 2)], tmp_path)
    assert found.sequence.matched[0].key == ()


def test_samples_tell_what_each_key_has(tmp_path):
    found = explained(SAMPLE, pairs(), tmp_path, 1).sample

    assert (found.keys, found.matched) == (9, 4)
    assert found.lacking == ((1, 2), (2, 3))
    assert [[f.events for f in key.filters] for key in found.shown] == [[1, 1], [1, 0]]


def test_an_exception_is_a_clause_and_its_miss_is_told(tmp_path):
    one = rule(CHILD, index=EVERYTHING)
    logs = [write(tmp_path / "a.ndjson", starts())]
    found = explain(of_rule(one, [exception(tmp_path / "e.toml", user__name="user1")]), logs)

    assert found.matches == 0
    assert found.planned.exceptions == ("site/agent",)
    last = found.stages[0].clauses[-1]
    assert (last.node.kind, last.only) == (Kind.EXCEPTION, 1)
    assert any(near.missed == (4,) for near in found.stages[0].nearest)


def test_exceptions_of_other_rules_change_nothing(tmp_path):
    subject = of_rule(rule(CHILD, 2), [exception(tmp_path / "e.toml", user__name="user1")])
    assert subject.exceptions == ()


def test_an_exception_on_one_event_of_a_sequence_is_told(tmp_path):
    subject = of_rule(rule(PAIR), [exception(tmp_path / "e.toml", file__name="b.xll")])
    events = [excel(0, 1, 1), image(1, 2, 1, r"C:\b.xll"), excel(3, 3, 2), image(4, 4, 2)]
    found = explain(subject, [write(tmp_path / "a.ndjson", events)])

    assert found.matches == 1
    gone = the(found, Outcome.OPEN).excepted
    assert (gone.mark.event.position, gone.mark.stage, gone.exceptions) == (1, 2, ("site/agent",))
    assert the(found, Outcome.MATCHED).excepted is None


@pytest.mark.parametrize("wish", [{"positions": frozenset({3})}, {"records": frozenset({"4"})}])
def test_an_event_may_be_asked_for(tmp_path, wish):
    (given,) = explained(PAIR, starts(), tmp_path, **wish).given

    assert given.event.position == 3
    assert [(stage.number, stage.of_category) for stage in given.stages] == [(1, True), (2, True), (0, True)]


def test_a_position_is_of_each_file_and_member(tmp_path):
    paths = [write(tmp_path / name, starts()) for name in ("a.ndjson", "b.ndjson")]
    found = explain(find(CHILD), paths, Wish(positions=frozenset({0, 7, 99})))

    assert [(g.event.path[-8:], g.event.position) for g in found.given] == [
        ("a.ndjson", 0),
        ("a.ndjson", 7),
        ("b.ndjson", 0),
        ("b.ndjson", 7),
    ]


def test_an_event_of_another_category_is_told_as_such(tmp_path):
    (given,) = explained("file where true", starts(), tmp_path, positions=frozenset({0})).given
    assert not given.stages[0].of_category


def test_how_many_are_asked_for_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GIVEN", 2)
    assert len(explained(CHILD, starts(), tmp_path, positions=frozenset(range(9))).given) == 2


def test_when_hits_are_no_longer_kept_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_HITS", 3)
    monkeypatch.setattr("comtrap.explain.reading.ROWS", 2)
    found = explained("process where true", starts(), tmp_path)

    assert (found.truncated, found.matches, found.stages[0].held) == (7, 8, 8)


def test_an_interruption_leaves_what_was_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("comtrap.explain.reading.ROWS", 2)
    paths = [write(tmp_path / f"{n}.ndjson", starts()) for n in range(9)]
    found = explain(find(CHILD), paths, progress=Stopping(lambda progress: progress.events > 4 * 8))

    assert found.interrupted
    assert 0 < found.seen.read < 72


def test_a_script_in_parts_is_one_text(tmp_path):
    blocks = [script_block(0, 1, "New-", 1, 2), script_block(0, 2, "Object", 2, 2)]
    found = explained('any where comtrap.powershell.script_block_text : "New-Object"', blocks, tmp_path)

    assert (found.matches, found.shown[0].event.position) == (1, 0)


def test_records_that_cannot_be_read_are_counted(tmp_path):
    path = tmp_path / "a.ndjson"
    write(path, starts())
    with path.open("a") as file:
        file.write("{broken\n")
    assert explain(find(CHILD), [str(path)]).seen.problems.skipped.total() == 1


@pytest.mark.parametrize(
    ("pipes", "shown"),
    [("", [0, 1, 2]), ("| head 2", [0, 1]), ("| tail 2", [6, 7]), ("| tail 3 | head 1", [5]), ("| tail 7", [1, 2, 5])],
)
def test_matches_are_shown_from_the_first_on_as_pipes_leave_them(tmp_path, monkeypatch, pipes, shown):
    """Of what is in between, only the first and the last events are at hand."""
    monkeypatch.setattr("comtrap.explain.reading.ROWS", 1)
    found = explained(f"process where true {pipes}", starts(), tmp_path, 3)

    assert [each.event.position for each in found.shown] == shown
