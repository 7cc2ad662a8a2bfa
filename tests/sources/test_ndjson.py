"""JSON lines."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.reading import content, field, rows

from comtrap.errors import SourceError
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.sources import batches, ndjson
from comtrap.sources.record import SIZE_BYTES


def read(data, size=1 << 20, wanted=None):
    problems = Problems()
    return rows(ndjson.read(content(data, size), wanted, problems)), problems


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_position_is_the_lines_number_blank_ones_counted(size):
    found, problems = read(b'{"n":1}\r\n\n  \n{"n":2}\n{broken\n{"n":3}', size)

    assert field(found, "n") == ["1", "2", "3"]
    assert field(found, "_position") == [0, 3, 5]
    assert problems.skipped == {"bad json": 1}
    assert problems.first[0].startswith("events:5: not JSON: ")


def test_each_reason_is_counted_for_itself():
    lines = [b"{", b"[1]", b"3", b'{"a":' * 99 + b"1" + b"}" * 99, b'{"a":"' + b"x" * SIZE_BYTES + b'"}', b'{"a":1}']

    found, problems = read(b"\n".join(lines))

    assert field(found, "_position") == [5]
    assert problems.skipped == {"bad json": 1, "not an object": 2, "too deep": 1, "too long": 1}


def test_repaired_records_are_events_and_said():
    found, problems = read(b'{"a":"\\ud800"}\n{"a":"\xff"}\n{"a":NaN}\n')

    assert field(found, "a") == ["\ufffd", "\ufffd", "nan"]
    assert problems.notes == {"repaired text": 3}


def test_a_stream_that_breaks_gives_the_records_before():
    found = []
    with pytest.raises(SourceError, match="gone"):
        found.extend(ndjson.read(content(b'{"n":1}\n{"n":2}\n{"n"', error=SourceError("gone")), None, Problems()))

    assert field(rows(found), "n") == ["1", "2"]


def test_much_input_comes_in_several_batches_of_each_kind(monkeypatch):
    monkeypatch.setattr(batches, "HELD_BYTES", 20_000)
    lines = b"".join(b'{"winlog":{"provider_name":"P","event_id":%d},"n":%d}\n' % (n % 7 == 0, n) for n in range(1000))
    made = list(ndjson.read(content(lines, 500), None, Problems()))

    assert len(made) > 10
    assert {batch.kind for batch in made} == {("P", 0), ("P", 1)}
    assert field(rows(made), "n") == [str(n) for n in range(1000)]
    for batch in made:
        assert batch.frame["_position"].to_pylist() == sorted(batch.frame["_position"].to_pylist())


def test_a_batch_has_at_most_so_many_rows(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 10)
    made = list(ndjson.read(content(b'{"a":1}\n' * 25), None, Problems()))

    assert [batch.frame.num_rows for batch in made] == [10, 10, 5]
    assert made[1].fetch(np.array([3])).frame["_position"].to_pylist() == [13]


def test_records_with_ever_new_names_come_in_narrow_batches(monkeypatch):
    monkeypatch.setattr("comtrap.sources.columns.CELLS", 100)
    lines = b"".join(b'{"name%d":1}\n' % n for n in range(40))
    made = list(ndjson.read(content(lines), None, Problems()))

    assert sum(batch.frame.num_rows for batch in made) == 40
    assert all(batch.frame.num_rows * len(batch.frame.schema) <= 200 for batch in made)


def test_a_fetched_document_has_its_text():
    line = b'{"agent":{"type":"endpoint"},"list":[{"a":1},{"b":[true,null]}],"big":123456789012345678901234567890}'
    (batch,) = ndjson.read(content(line), Wanted(frozenset({"agent.type"})), Problems())

    assert set(batch.frame.schema.names) == {"_position", "_shape", "agent.type"}
    whole = batch.fetch(np.array([0])).frame.to_pylist()[0]
    assert whole["list.a"] == ["1"]
    assert '"list":[{"a":1},{"b":[true,null]}]' in whole["_source"].replace(" ", "")


def test_a_fetched_event_of_another_form_has_no_document():
    line = b'{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Image":"a.exe"}'
    (batch,) = ndjson.read(content(line), Wanted(frozenset()), Problems())

    whole = batch.fetch(np.array([0])).frame
    assert "_source" not in whole.schema.names
    assert whole["winlog.event_data.Image"].to_pylist() == ["a.exe"]


def test_documents_of_other_kinds_are_no_less_there_where_little_is_wanted():
    """Those that are told apart from plain ones by values, not by fields, among them."""
    agents = ["endpoint", "winlogbeat", "endpoint", "filebeat"]
    lines = b"".join(
        b'{"agent":{"type":"%s"},"winlog":{"provider_name":"P","event_id":"%d"},"n":%d}\n' % (a.encode(), n % 3, n)
        for n, a in enumerate(agents * 30)
    )
    for wanted in (
        Wanted(frozenset()),
        Wanted(frozenset({"winlog.event_data.A"}), lambda _kind, _brought: frozenset()),
    ):
        made = list(ndjson.read(content(lines), wanted, Problems()))
        assert sorted(p for batch in made for p in batch.frame["_position"].to_pylist()) == list(range(120))
