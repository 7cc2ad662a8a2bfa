from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.normalise.build import POWERSHELL, raw, record

from comtrap.events.problems import Problems
from comtrap.events.raw import RawBatch
from comtrap.normalise import script_blocks
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.normalise.script_blocks import COLUMNS, JOINED, PARTS, ScriptBlocks

KIND = (POWERSHELL, 4104)
FIRST = 7 << 40


def part(number, total, text, block="b1", minute=0, host="ws1"):
    values = {
        "MessageNumber": str(number),
        "MessageTotal": str(total),
        "ScriptBlockText": text,
        "ScriptBlockId": block,
    }
    others = {"@timestamp": f"2024-03-01T10:{minute:02}:00Z", "winlog.computer_name": host}
    return record(KIND, values, **others)


def run(blocks, *batches):
    """Every row that comes out, in order, after these batches and the flush."""
    positions = itertools.count()
    out = []
    for records in batches:
        batch = raw(KIND, records, first=FIRST, positions=[next(positions) for _ in records])
        out += [row for found in blocks.feed(batch) for row in found.frame.to_pylist()]
    return out + [row for found in blocks.flush() for row in found.frame.to_pylist()]


def joined(rows):
    return {row["_position"]: (row[JOINED], row[PARTS]) for row in rows if row.get(JOINED) is not None}


def test_the_first_part_carries_the_text_of_all():
    rows = run(ScriptBlocks(), [part(1, 3, "a"), part(2, 3, "b"), part(3, 3, "c")])
    assert joined(rows) == {0: ("abc", [str(FIRST + 1), str(FIRST + 2)])}
    assert sorted(row["_position"] for row in rows) == [0, 1, 2]


def test_parts_in_any_order_and_in_several_batches_are_joined():
    rows = run(ScriptBlocks(), [part(3, 3, "c"), part(1, 3, "a")], [part(2, 3, "b")])
    assert joined(rows) == {1: ("abc", [str(FIRST + 2), str(FIRST)])}


def test_parts_whose_records_have_one_tag_and_several_are_joined():
    blocks, out = ScriptBlocks(), []
    for position, tags in enumerate(([["a"]], [["a", "b"]])):
        batch = raw(KIND, [part(position + 1, 2, "x")], first=FIRST, positions=[position])
        tagged = batch.frame.append_column("tags", pa.array(tags if position else tags[0]))
        out += blocks.feed(RawBatch(KIND, tagged, batch.origin))
    assert [row["tags"] for found in out for row in found.frame.to_pylist()] == [["a"], ["a", "b"]]


def test_blocks_that_are_complete_at_once_come_in_one_batch():
    blocks = [part(number, 2, "x", f"b{block}") for number in (2, 1) for block in range(50)]
    found = list(ScriptBlocks().feed(raw(KIND, blocks)))
    assert [batch.frame.column("_position").to_pylist() for batch in found] == [list(range(100))]


def test_parts_without_the_others_come_in_the_batch_of_whole_blocks():
    blocks = [part(1, 2, "x", "b1"), part(2, 2, "y", "b1"), part(1, 2, "z", "b2"), part(1, 2, "z", "b2")]
    out = ScriptBlocks()
    found = list(out.feed(raw(KIND, [*blocks, part(1, 2, "w", "b3", minute=11)])))
    assert [batch.frame.column(JOINED).to_pylist() for batch in found] == [["xy", None, None, None]]


def test_blocks_that_are_large_come_in_several_batches(monkeypatch):
    monkeypatch.setattr(script_blocks, "TOGETHER_BYTES", 2_000)
    blocks = [part(number, 2, "x" * 600, f"b{block}") for block in range(4) for number in (1, 2)]
    assert len(list(ScriptBlocks().feed(raw(KIND, blocks)))) == 4


def test_a_batch_has_ascending_positions():
    found = list(ScriptBlocks().feed(raw(KIND, [part(2, 2, "b"), part(1, 2, "a")])))
    assert [batch.frame.column("_position").to_pylist() for batch in found] == [[0, 1]]


def test_records_of_one_part_pass_at_once():
    blocks = ScriptBlocks()
    found = list(blocks.feed(raw(KIND, [part(1, 1, "x"), part(1, 2, "a"), part(1, 1, "y")])))
    assert [batch.frame.column("_position").to_pylist() for batch in found] == [[0, 2]]
    assert found[0].fetch([1]).frame.column("_position").to_pylist() == [2]


def test_a_missing_part_leaves_the_others_joined():
    rows = run(ScriptBlocks(), [part(2, 3, "b"), part(3, 3, "c")])
    assert joined(rows) == {0: ("bc", [str(FIRST + 1)])}


def test_a_part_alone_is_an_event_as_it_is():
    rows = run(ScriptBlocks(), [part(2, 3, "b")])
    assert joined(rows) == {}
    assert len(rows) == 1


def test_a_part_that_comes_twice_counts_once_and_stays_an_event():
    rows = run(ScriptBlocks(), [part(1, 2, "a"), part(1, 2, "other"), part(2, 2, "b")])
    assert joined(rows) == {0: ("ab", [str(FIRST + 2)])}
    assert sorted(row["_position"] for row in rows) == [0, 1, 2]


def test_a_block_logged_again_is_joined_again():
    parts = [part(1, 2, "a"), part(2, 2, "b")]
    assert joined(run(ScriptBlocks(), parts + parts)) == {0: ("ab", [str(FIRST + 1)]), 2: ("ab", [str(FIRST + 3)])}


def test_blocks_and_hosts_are_kept_apart():
    rows = run(
        ScriptBlocks(),
        [part(1, 2, "a"), part(1, 2, "x", "b2"), part(1, 2, "p", host="ws2"), part(2, 2, "y", "B2"), part(2, 2, "b")],
    )
    assert {text for text, _ in joined(rows).values()} == {"ab", "xy"}


def test_a_block_is_given_up_after_its_span():
    blocks = ScriptBlocks()
    list(blocks.feed(raw(KIND, [part(1, 2, "a")])))
    late = list(blocks.feed(raw(KIND, [part(1, 2, "x", "b2", minute=11)], positions=[1])))
    assert [batch.frame.column("_position").to_pylist() for batch in late] == [[0]]


def test_no_more_is_held_than_allowed():
    blocks = ScriptBlocks(size_bytes=20_000)
    held = [part(1, 2, "x" * 5_000, f"b{n}") for n in range(20)]
    out = list(blocks.feed(raw(KIND, held)))
    assert 0 < len(held) - sum(len(batch.frame) for batch in out) <= 4
    assert sum(len(batch.frame) for batch in [*out, *blocks.flush()]) == len(held)


def test_what_is_held_after_a_batch_holds_its_own_records_alone():
    """A part that waits for others must not keep the batch alive that it came in."""
    blocks = ScriptBlocks()
    list(blocks.feed(raw(KIND, [part(1, 2, "a"), part(2, 2, "b"), part(1, 2, "c", "b2"), part(1, 2, "d", "b3")])))

    held = [one for block in blocks._blocks.values() for one in block.parts.values()]
    assert [(one.frame.num_rows, one.row) for one in held] == [(1, 0)] * 2
    assert [batch.frame.column("_position").to_pylist() for batch in blocks.held()] == [[2], [3]]


@pytest.mark.parametrize(
    ("number", "total"), [("0", "2"), ("3", "2"), ("x", "2"), ("1", "x"), ("-1", "5"), ("1", None)]
)
def test_numbers_that_make_no_sense_hold_nothing_back(number, total):
    odd = part(1, 2, "a") | {"winlog.event_data.MessageNumber": number, "winlog.event_data.MessageTotal": total}
    blocks = ScriptBlocks()
    assert [len(batch.frame) for batch in blocks.feed(raw(KIND, [odd]))] == [1]
    assert list(blocks.flush()) == []


def test_batches_of_other_kinds_pass_as_they_are():
    batch = raw((POWERSHELL, 4103), [part(1, 2, "a")])
    assert list(ScriptBlocks().feed(batch)) == [batch]


def test_documents_that_are_ecs_already_are_joined_too():
    def document(number, text):
        return {
            "@timestamp": "2024-03-01T10:00:00Z",
            "powershell.sequence": str(number),
            "powershell.total": "2",
            "powershell.file.script_block_id": "b1",
            "powershell.file.script_block_text": text,
        }

    assert [text for text, _ in joined(run(ScriptBlocks(), [document(1, "a"), document(2, "b")])).values()] == ["ab"]


def test_the_joined_text_is_a_field_of_the_event():
    found = list(ScriptBlocks().feed(raw(KIND, [part(1, 2, "New-Object -Com"), part(2, 2, "Object X")], first=FIRST)))
    frame = to_events(found[0], frozenset({JOINED, PARTS}), Problems()).frame
    assert frame.column(JOINED).to_pylist() == ["New-Object -ComObject X", None]
    assert frame.column(PARTS).type == pa.int64()
    assert frame.column(PARTS).to_pylist() == [FIRST + 1, None]


def test_an_id_cut_in_two_is_found_in_the_joined_text():
    guid = "{11111111-2222-3333-4444-555555555555}"
    found = list(ScriptBlocks().feed(raw(KIND, [part(1, 2, guid[:20]), part(2, 2, guid[20:])])))
    frame = to_events(found[0], frozenset({"comtrap.com.clsid"}), Problems()).frame
    assert frame.column("comtrap.com.clsid").to_pylist() == [guid.upper(), None]


def test_what_joining_reads_is_asked_of_a_source():
    assert raw_columns(frozenset({"comtrap.com.clsid"})) >= COLUMNS
    assert raw_columns(frozenset({JOINED})) >= COLUMNS


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["b1", "b2"]), st.integers(0, 30)),
            max_size=6,
        ),
        max_size=4,
    )
)
def test_no_record_is_lost_or_doubled(batches):
    given_batches = [[part(n, t, f"{n}", block, minute) for n, t, block, minute in batch] for batch in batches if batch]
    rows = run(ScriptBlocks(size_bytes=4_000), *given_batches)
    assert sorted(row["_position"] for row in rows) == list(range(sum(map(len, given_batches))))


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["b1", "b2"]), st.integers(0, 30)), max_size=12
    ),
    st.lists(st.integers(1, 5), min_size=12, max_size=12),
)
def test_however_records_are_divided_into_batches_the_same_is_joined(records, sizes):
    parts = [part(n, t, f"{n}", block, minute) for n, t, block, minute in records]
    left, batches = list(parts), []
    for size in sizes:
        if left:
            batches.append(left[:size])
            left = left[size:]
    assert joined(run(ScriptBlocks(size_bytes=4_000), *batches)) == joined(run(ScriptBlocks(size_bytes=4_000), parts))


def test_numbers_of_parts_that_a_record_brings_along_are_left_out():
    claimed = record((POWERSHELL, 4104), {"ScriptBlockText": "x"}, **{PARTS: ["x", "-1"]})
    whole = raw(KIND, [claimed], first=FIRST)
    batch = RawBatch(KIND, whole.frame.drop_columns(PARTS), whole.origin, whole.fetch)
    for given_batch in (whole, batch):
        (found,) = ScriptBlocks().feed(given_batch)
        assert PARTS not in found.frame.schema.names
        assert PARTS not in found.fetch(np.array([0])).frame.schema.names


def test_a_text_that_was_joined_before_stays_and_its_parts_are_found_again():
    rows = run(ScriptBlocks(), [part(1, 2, "a") | {JOINED: "a and b"}, part(2, 2, "b")])
    assert joined(rows) == {0: ("a and b", [str(FIRST + 1)])}


def test_records_of_several_files_in_one_that_was_converted_are_kept_apart():
    def from_file(number, text, path):
        return part(number, 2, text) | {"comtrap.origin.path": path}

    rows = run(
        ScriptBlocks(), [from_file(1, "a", "x"), from_file(1, "c", "y"), from_file(2, "d", "y"), from_file(2, "b", "x")]
    )
    assert {text for text, _ in joined(rows).values()} == {"ab", "cd"}


def test_members_of_one_archive_are_kept_apart():
    blocks, out = ScriptBlocks(), []
    for first, number in ((FIRST, 1), (FIRST + (1 << 20), 1), (FIRST + (1 << 20), 2), (FIRST, 2)):
        batch = raw(KIND, [part(number, 2, f"{number}")], first=first, positions=[number])
        out += list(blocks.feed(batch))
    assert [(one.origin.first, joined(one.frame.to_pylist())) for one in out] == [
        (first, {1: ("12", [str(first + 2)])}) for first in (FIRST + (1 << 20), FIRST)
    ]
