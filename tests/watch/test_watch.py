"""A watch tells what one run over all of the files would have told: each alert once, however they grew."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter

import pytest
from tests.material import process, rule, script_block, write
from tests.sources.evtx_builder import chunk, event, file

from comtrap.errors import SourceError
from comtrap.rules.suppression import Suppression
from comtrap.scan import scan
from comtrap.watch.watch import begin

MINUTE_NS = 60 * 10**9
NOW_NS = 1_800_000_000 * 10**9  # after every event here
RULES = (
    rule('process where process.name : ("a.exe", "b.exe")', 1),
    rule('sequence by host.id with maxspan=20s [process where process.name : "a.exe"] [process where process.name : "b.exe"]', 2),
    rule(
        'sequence by host.id with maxspan=15s [process where process.name : "a.exe"] ![process where process.name : "c.exe"]',
        3,
    ),
    rule(
        'sequence by host.id with maxspan=15s ![process where process.name : "c.exe"] [process where process.name : "b.exe"]',
        4,
    ),
    rule(
        'sequence by host.id with maxspan=30s [process where process.name : "a.exe"] [process where process.name : "b.exe"]'
        ' until [process where process.name : "d.exe"]',
        5,
    ),
    rule('any where comtrap.powershell.script_block_text : "*needle*"', 6),
    rule('sequence by host.id [process where process.name : "a.exe"] with runs=2 [process where process.name : "c.exe"]', 7),
)  # fmt: skip


class Watched:
    """A watch whose process may end at any time; what it told, each time it told it."""

    def __init__(self, folder, rules=RULES, late_ns=MINUTE_NS):
        self.folder = folder / "logs"
        self.folder.mkdir(exist_ok=True)
        self._state = str(folder / "state.db")
        self._rules, self._late_ns = rules, late_ns
        self.told = Counter()
        self.watch = self._begun()

    def _begun(self):
        return begin([str(self.folder)], self._rules, self._state, late_ns=self._late_ns)

    def step(self, now_ns=NOW_NS, **how):
        new = []
        for some in self.watch.step(now_ns, **how):
            new += some
            self.watch.told(some, "out", 0)
        self.told.update(a.id for a in new)
        return new

    def restart(self):
        self.watch.journal.close()
        self.watch = self._begun()

    def batch(self):
        return Counter(a.id for a in scan([str(self.folder)], self._rules).alerts)


@pytest.fixture
def watched(tmp_path):
    made = Watched(tmp_path)
    yield made
    made.watch.journal.close()


def some_events(seed):
    """Events of two hosts, out of order by up to 20 seconds, with script blocks in parts."""
    chance = random.Random(seed)
    events = []
    for record in range(1, 60):
        moment = record * 4 + chance.uniform(-20, 20)
        if chance.random() < 0.15:
            events.append(script_block(moment, record, chance.choice(["nee", "dle", "x"]), chance.choice([1, 2]), 2))
        else:
            name, host = chance.choice("abcde") + ".exe", chance.choice(["host1", "host2"])
            events.append(process(moment, record, name, host=host))
    return events


@pytest.mark.parametrize("seed", range(4))
def test_however_a_file_grows_the_alerts_are_those_of_one_run(watched, seed):
    chance = random.Random(seed)
    text = "".join(json.dumps(e) + "\n" for e in some_events(seed)).encode()
    at = 0
    while at < len(text):
        more = chance.choice([1, 900, 2_000, 5_000])
        with (watched.folder / "a.ndjson").open("ab") as out:
            out.write(text[at : at + more])
        at += more
        watched.step()
        if chance.random() < 0.3:
            watched.restart()
    watched.step(last=True)
    assert watched.told == watched.batch()


def test_a_single_event_is_told_at_once_and_a_sequence_when_the_allowance_is_over(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "a.exe"), process(5, 2, "b.exe")])
    assert Counter(a.rule.name for a in watched.step()) == {"Rule 1": 2}
    write(path, [process(1, 1, "a.exe"), process(5, 2, "b.exe"), process(64, 3, "e.exe")])
    assert watched.step() == []
    write(path, [process(1, 1, "a.exe"), process(5, 2, "b.exe"), process(64, 3, "e.exe"), process(66, 4, "e.exe")])
    assert {a.rule.name for a in watched.step()} == {"Rule 2", "Rule 5"}


def test_while_no_events_come_the_clock_goes_on(watched):
    write(watched.folder / "a.ndjson", [process(1, 1, "a.exe"), process(5, 2, "b.exe")])
    watched.step()
    assert watched.step(NOW_NS + MINUTE_NS) == []
    assert {a.rule.name for a in watched.step(NOW_NS + MINUTE_NS + 10**9)} == {"Rule 2", "Rule 5"}
    assert {a.rule.name for a in watched.step(NOW_NS + 2 * MINUTE_NS)} == {"Rule 3", "Rule 4"}


def test_an_event_that_must_be_missing_may_come_late(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "a.exe"), process(30, 2, "e.exe")])
    watched.step()
    write(path, [process(1, 1, "a.exe"), process(30, 2, "e.exe"), process(3, 3, "c.exe"), process(500, 4, "e.exe")])
    watched.step(last=True)
    assert watched.told == watched.batch()
    assert "Rule 3" not in {a.rule.name for a in scan([str(path)], RULES).alerts}


def test_a_line_without_its_end_waits_and_is_whole_at_the_last(watched):
    path = watched.folder / "a.ndjson"
    path.write_text(json.dumps(process(1, 1, "a.exe")), "utf-8")
    assert watched.step() == []
    assert len(watched.step(last=True)) >= 1


def test_a_file_that_is_renamed_goes_on_and_its_successor_begins(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "a.exe")])
    watched.step()
    with path.open("a") as out:
        out.write(json.dumps(process(2, 2, "b.exe")) + "\n")
    path.rename(watched.folder / "a.ndjson.1")
    write(path, [process(3, 3, "b.exe")])
    watched.step()
    watched.step(last=True)
    assert watched.told == watched.batch()
    assert max(watched.told.values()) == 1


def test_a_file_that_is_cut_begins_anew(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "a.exe"), process(2, 2, "a.exe")])
    watched.step()
    write(path, [process(3, 3, "b.exe")])
    assert {a.evidence[0].record_id for a in watched.step() if a.rule.name == "Rule 1"} == {"3"}


def test_a_file_cut_and_grown_past_where_it_was_begins_anew_too(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "e.exe")])
    watched.step()
    path.write_text("".join(json.dumps(process(n, n, "b.exe")) + "\n" for n in range(10, 20)), "utf-8")
    assert len([a for a in watched.step() if a.rule.name == "Rule 1"]) == 10


def test_an_archive_of_what_was_read_repeats_nothing(watched):
    path = watched.folder / "a.ndjson"
    write(path, [process(1, 1, "a.exe")])
    assert len(watched.step()) == 1
    with gzip.open(watched.folder / "a.ndjson.gz", "wb") as out:
        out.write(path.read_bytes())
    path.unlink()
    watched.step()
    assert watched.step() == []  # read at the second look, when it has stopped changing
    assert watched.watch.tally.read == 2


def test_an_event_log_is_read_while_its_last_chunk_is_written(watched):
    def some(first, last):
        return [
            event(1, n, Image=rf"C:\{'abc'[n % 3]}.exe", UtcTime="2026-01-05 08:00:00.000") for n in range(first, last)
        ]

    path = watched.folder / "a.evtx"
    for full, last in [(0, 2), (0, 5), (6, 6), (6, 9), (6, 12)]:
        chunks = [chunk(some(1, full + 1), 1)] if full else []
        path.write_bytes(file(*chunks, *([chunk(some(full + 1, last + 1), full + 1)] if last > full else [])))
        watched.step()
        if last == 9:
            watched.restart()
    watched.step(last=True)
    assert watched.told == watched.batch()
    assert watched.told
    assert watched.watch.tally.problems.skipped.total() == 0


def test_what_was_not_yet_told_when_the_process_ended_is_told_by_the_next(watched):
    write(watched.folder / "a.ndjson", [process(1, 1, "a.exe")])
    steps = watched.watch.step(NOW_NS)
    assert [a.rule.name for a in next(steps)] == ["Rule 1"]
    steps.close()
    watched.restart()
    assert [a.rule.name for a in watched.step()] == ["Rule 1"]
    watched.restart()
    assert watched.step() == []


def test_what_no_match_can_depend_on_is_let_go(tmp_path):
    watched = Watched(tmp_path, RULES[:5])
    lines = [process(n, n, "a.exe") for n in range(1, 50)] + [process(4000, 99, "e.exe")]
    write(watched.folder / "a.ndjson", lines)
    watched.step()
    write(watched.folder / "a.ndjson", [*lines, process(4001, 100, "e.exe")])
    watched.step(NOW_NS + 3 * MINUTE_NS)
    assert watched.watch.journal.is_idle
    for table in ("raw", "came", "waiting"):
        (count,) = watched.watch.journal.store.database.execute(f"select count(*) from {table}").fetchone()
        assert count == 0
    watched.watch.journal.close()


def grown(watched, events, now_ns=NOW_NS):
    """The names of the rules whose alerts are told, an event a step and a second between."""
    told = []
    with (watched.folder / "a.ndjson").open("a") as out:
        for number, one in enumerate(events):
            out.write(json.dumps(one) + "\n")
            out.flush()
            told += [a.rule.name for a in watched.step(now_ns + number * 10**9)]
    return told


def test_events_of_a_machine_that_was_offline_are_matched_with_each_other(watched):
    assert "Rule 2" in grown(
        watched, [process(4000, 1, "e.exe"), process(1, 2, "a.exe"), process(5, 3, "b.exe"), process(4000, 4, "e.exe")]
    )


def test_an_event_of_the_future_hides_no_sequence(watched):
    years = 50 * 366 * 86_400
    events = [process(years, 1, "e.exe", host="liar"), process(1, 2, "a.exe"), process(5, 3, "b.exe")]
    assert "Rule 2" in grown(watched, [*events, process(6, 4, "e.exe")])


def test_a_sequence_of_a_machine_whose_clock_is_ahead_is_told_when_the_allowance_is_over(watched):
    years = 50 * 366 * 86_400
    told = grown(watched, [process(years, 1, "a.exe"), process(years + 5, 2, "b.exe")])
    assert "Rule 2" not in told
    watched.restart()
    after_ns = NOW_NS + MINUTE_NS + 2 * 10**9
    assert {a.rule.name for a in watched.step(after_ns)} == {"Rule 2", "Rule 5"}
    assert {a.rule.name for a in watched.step(after_ns + 16 * 10**9)} == {"Rule 3", "Rule 4"}


def test_events_of_the_future_are_let_go_like_others(tmp_path):
    watched = Watched(tmp_path, RULES[:5])
    years = 50 * 366 * 86_400
    grown(watched, [process(years, 1, "a.exe"), process(years + 5, 2, "b.exe")])
    grown(watched, [process(1, 3, "e.exe")], NOW_NS + 3 * MINUTE_NS)
    assert watched.watch.journal.is_idle
    watched.watch.journal.close()


def test_other_rules_forget_what_waited_for_the_old_but_not_what_was_read(tmp_path):
    watched = Watched(tmp_path)
    write(watched.folder / "a.ndjson", [process(1, 1, "a.exe")])
    watched.step()
    watched.watch.journal.close()
    other = Watched(tmp_path, [rule('process where process.name : "a.exe"', 9)])
    assert other.watch.journal.forgotten
    assert other.step(last=True) == []
    other.watch.journal.close()


def test_suppression_does_not_apply(tmp_path):
    watched = Watched(tmp_path, [rule("process where true", suppression=Suppression(("host.name",)))])
    write(watched.folder / "a.ndjson", [process(1, 1), process(2, 2)])
    assert len(watched.step()) == 2
    watched.watch.journal.close()


@pytest.mark.usefixtures("watched")
def test_a_state_is_for_one_watch_at_a_time(tmp_path):
    with pytest.raises(SourceError, match="cannot be used"):
        begin([str(tmp_path)], RULES, str(tmp_path / "state.db"), late_ns=0)


def test_what_is_no_state_is_refused(tmp_path):
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with pytest.raises(SourceError, match="cannot be used"):
        begin([str(tmp_path)], RULES, str(tmp_path / "x.db"), late_ns=0)
