"""Documents of plain Windows events: decoded in part, they are what they are when decoded whole."""

from __future__ import annotations

import gzip
import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.reading import content, everything_is_left, file_rows

from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.normalise.normalise import to_events
from comtrap.sources import lines as blocks
from comtrap.sources import ndjson
from comtrap.sources.batches import ALWAYS
from comtrap.sources.plain import _OVERWRITTEN, _SAME, BROUGHT, Plain

COLUMNS = ALWAYS | BROUGHT | _SAME.keys() | {
    "event.provider", "process.name", "process.pid", "tags", "winlog.event_data.A", "winlog.event_data.B.C",
    "winlog.keywords", "winlog.process.pid", "winlog.user_data.A", "winlog.user_data.xml_name",
}  # fmt: skip
READ, NARROWED, COUNTED = 1, 2, 3  # event ids, by what is wanted of them
FEW = frozenset({"winlog.event_data.A", "host.name"})


def narrowed(kind, brought):
    return {READ: COLUMNS, NARROWED: FEW | brought, COUNTED: frozenset()}.get(kind[1], COLUMNS)


def read(data, wanted, *, fast=True, size=1 << 20):
    """Rows by position, and the problems.

    Every value is a list, as it is if only one record of a batch has one. What the kind says, each row says.
    """
    problems = Problems()
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(Plain, "take", everything_is_left)
        batches = list(ndjson.read(content(data, size), wanted, problems))
    rows = {}
    for batch in batches:
        for row in batch.frame.to_pylist():
            told = (
                {"winlog.provider_name": [batch.kind[0]], "winlog.event_id": [str(batch.kind[1])]}
                if batch.kind[0]
                else {}
            )
            values = {k: v if isinstance(v, list) else [v] for k, v in row.items() if v is not None}
            assert row["_position"] not in rows
            rows[row["_position"]] = {"kind": batch.kind} | told | values
    return rows, problems


def left(lines, wanted):
    """How many of the lines a reader leaves that has seen them before."""
    with pytest.MonkeyPatch.context() as patch:
        made = []
        patch.setattr(ndjson, "Plain", lambda *arguments: made.append(Plain(*arguments)) or made[0])
        list(ndjson.read(content(b"".join(lines)), wanted, Problems()))
    return len(made[0].take(0, b"".join(lines))[1])


def document(code=READ, **more):
    winlog = {"provider_name": "P", "event_id": str(code), "channel": "C", "computer_name": "H", "record_id": 7}
    data = {"A": "a", "B": {"C": "c"}, "D": "d"}
    return {
        "@timestamp": "2024-01-01T00:00:00Z",
        "agent": {"type": "winlogbeat"},
        "winlog": winlog | {"event_data": data},
    } | more


PATHS = [
    tuple(name.split("."))
    for name in sorted({
        *COLUMNS, *_OVERWRITTEN, "winlog", "winlog.event_data", "winlog.event_data.B", "winlog.event_data.A.X", "winlog.opcode",
        "winlog.user_data", "agent", "agent.version", "event", "event.id", "host", "host.os", "process", "EventID", "event_id",
        "EventId", "SourceName", "_source", "fields", "_index", "Event", "log_name", "ecs.version", "nothing", "@metadata",
    })
]  # fmt: skip
TEXTS = st.sampled_from([
    "", "P", "p", "1", "2", "3", " 1", "01", "1.0", "-0", "winlogbeat", "endpoint", "filebeat", "endpoint.events.file", "event",
    "windows", "Microsoft-Windows-Sysmon", "microsoft-windows-sysmon", "Security", "\x00", "{[", "é\U0001f600", "x" * 2000,
])  # fmt: skip
SCALARS = (
    TEXTS
    | st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 2, 3, -1, 1.5, -0.0, 1 << 63, -(1 << 63), 1 << 64, -(1 << 70)])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["A", "C", "type", "name", "A.X"]), inner, max_size=2)
)  # fmt: skip
DEEP = "[" * 80 + "]" * 80
ODD = [
    "1e999", "-1E400", "9" * 400, "1" * 5000, "NaN", "-Infinity", '"\\ud800"', '"\\ud83d\\ude00"', '"\ud800"', '"\t"', '"\\x"',
    DEEP, '"' + "{" * 70 + '"', "-0", "01", "1.", "nul", "{", '{"A":1,"A":2}', '{"type":"endpoint"}', "123456789012345678901",
    "1.5", "[]", "{}", "true", "null", "18446744073709551615", "-9223372036854775809", '"' + "x" * 300_000 + '"',
]  # fmt: skip
TAILS = ["", "", "", "", "", "\r", " ", "}", "x", "\x00", "\n", "\n \t"]


@st.composite
def lines(draw):
    """One document: as many others are, but for a few things."""
    made = document(draw(st.sampled_from([READ, NARROWED, COUNTED])))
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=3)):
        put(made, path, draw(VALUES), draw(st.integers(0, len(path) - 1)))
    text = json.dumps(made, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 3)) == 0:
        text = odd(draw, text)
    return text.encode("utf-8", "surrogatepass") + draw(st.sampled_from(TAILS)).encode() + b"\n"


def put(record, path, value, dots):
    """Set a value where a path leads, its last parts in one key with dots."""
    way, last = path[: len(path) - 1 - dots], ".".join(path[len(path) - 1 - dots :])
    for key in way:
        inner = record.get(key)
        if not isinstance(inner, dict):
            inner = record[key] = {}
        record = inner
    record[last] = value


def odd(draw, text):
    """The document with something that is not quite JSON, or that parsers take for different things."""
    value = draw(st.sampled_from(ODD))
    if draw(st.booleans()):
        key = draw(st.sampled_from(["agent", "winlog", "event", "@timestamp", "process", "nothing", "\ud800", "A"]))
        return text[:-1] + f',"{key}":{value}' + "}"
    old = draw(st.sampled_from(['"a"', '"c"', '"d"', '"P"', '"C"', '"winlogbeat"', "7", '"2024-01-01T00:00:00Z"']))
    return text.replace(old, value, 1)


PLAIN = json.dumps(document()).encode() + b"\n"


@given(st.lists(lines(), max_size=12), st.sampled_from([b"", b"\xef\xbb\xbf"]), st.sampled_from([300, 1 << 20]))
def test_decoded_in_part_or_whole_records_are_the_same(some, mark, size):
    data = mark + PLAIN * 2 + b"".join(some)

    fast, noted = read(data, Wanted(COLUMNS), size=size)
    slow, expected = read(data, Wanted(COLUMNS), fast=False, size=size)

    assert fast == slow
    assert (noted.skipped, noted.notes, noted.first) == (expected.skipped, expected.notes, expected.first)


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize(
    "old", ['"a"', '"c"', '"d"', '"P"', '"C"', "7", '"2024-01-01T00:00:00Z"', '"winlogbeat"', '{"A": "a", "B": {"C": "c"}, "D": "d"}']
)  # fmt: skip
def test_what_is_not_quite_json_is_told_alike_wherever_it_is(value, old):
    """Also what parsers take for different things, and the same beside a key that was seen before."""
    text = PLAIN.decode()
    odd = text.replace(old, value, 1)
    beside = text.replace('"winlog": {', f'"nothing": {value}, "winlog": {{')
    known = text.replace('"winlog": {', '"nothing": 1, "winlog": {')
    data = (text * 2 + known + odd + beside + text).encode("utf-8", "surrogatepass")

    fast, noted = read(data, Wanted(COLUMNS))
    slow, expected = read(data, Wanted(COLUMNS), fast=False)

    assert odd != text
    assert fast == slow
    assert (noted.skipped, noted.notes, noted.first) == (expected.skipped, expected.notes, expected.first)


@given(st.lists(lines(), max_size=12))
def test_where_less_is_wanted_of_a_kind_nothing_of_that_is_missing(some):
    data = PLAIN * 2 + b"".join(some)

    fast, noted = read(data, Wanted(COLUMNS, narrowed))
    slow, expected = read(data, Wanted(COLUMNS), fast=False)

    assert fast.keys() == slow.keys()
    assert (noted.skipped, noted.notes) == (expected.skipped, expected.notes)
    for position, row in slow.items():
        assert fast[position]["kind"] == row["kind"]
        missing = row.keys() - fast[position].keys() - {"_shape"}
        needed = narrowed(row["kind"], BROUGHT & row.keys()) & COLUMNS
        assert not missing & (needed)
        assert all(name.startswith("winlog.") or name in BROUGHT or row[name] == [_SAME.get(name)] for name in missing)
        assert {name: row[name] for name in fast[position]} == fast[position]


@pytest.mark.parametrize("code", [READ, NARROWED, COUNTED])
def test_plain_documents_are_not_left(code):
    lines = [json.dumps(document(code, message=str(n))).encode() + b"\n" for n in range(20)]

    assert left(lines, Wanted(COLUMNS, narrowed)) == 0


def is_left(made, wanted=None):
    """Whether the last of some documents is decoded whole, though such ones came before it."""
    lines = [json.dumps(each).encode() + b"\n" for each in (document(), document(), made, made)]
    return left(lines, wanted or Wanted(COLUMNS)) > 0


@pytest.mark.parametrize("name", sorted(BROUGHT))
def test_what_shippers_write_beside_the_event_is_read_with_it(name):
    made = document()
    text = "winlogbeat" if name in {"agent.type", "@metadata.beat"} else "2024-01-01T00:00:00Z"
    put(made, tuple(name.split(".")), text, 0)
    found, _ = read(PLAIN + json.dumps(made).encode(), Wanted(COLUMNS))

    assert not is_left(made)
    assert found[1][name] == [text]


@pytest.mark.parametrize("name", sorted(_SAME))
def test_what_is_computed_to_be_the_same_may_be_there_with_that_value_alone(name):
    made = document()
    put(made, tuple(name.split(".")), _SAME[name], 0)
    assert not is_left(made)

    put(made, tuple(name.split(".")), _SAME[name] + "x", 0)
    assert is_left(made)


@pytest.mark.parametrize("name", sorted(_OVERWRITTEN))
@pytest.mark.parametrize("value", ["1", "other", 7])
def test_what_is_overwritten_may_be_there_with_any_value(name, value):
    made = document()
    made["winlog"]["provider_name"] = "Microsoft-Windows-Sysmon"
    put(made, tuple(name.split(".")), value, 0)
    wanted = Wanted(COLUMNS | {name})
    data = PLAIN + json.dumps(made).encode()

    assert not is_left(made, wanted)
    assert normalised(data, wanted, name) == normalised(data, wanted, name, fast=False)


def normalised(data, wanted, name, *, fast=True):
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(Plain, "take", everything_is_left)
        batches = list(ndjson.read(content(data), wanted, Problems()))
    return {b.kind: to_events(b, frozenset({name}), Problems()).column(name).to_pylist() for b in batches}


@pytest.mark.parametrize(
    "more",
    [
        {"process": {"name": "x"}}, {"process.name": "x"}, {"tags": ["x"]}, {"host.name": "h"}, {"EventID": 1}, {"_source": {"a": 1}},
        {"event": {"provider": "Q"}}, {"event": {"dataset": "endpoint.events.file"}}, {"agent": {"type": "endpoint"}}, {"winlog": 1},
        {"winlog": {"provider_name": "P", "event_id": "01"}}, {"winlog": {"provider_name": "microsoft-windows-sysmon", "event_id": 1}},
        {"winlog": {"event_id": 1, "channel": "Security"}}, {"winlog": {"provider_name": "P", "event_id": True}},
        {"winlog": {"provider_name": "P", "event_id": 1, "event_data": {"A": ["x"]}}},
    ],
)  # fmt: skip
def test_what_a_rule_may_read_or_a_form_may_hang_on_is_decoded_whole(more):
    assert is_left(document() | more)


@pytest.mark.parametrize("lines", [3, 20])
def test_a_fetched_record_that_was_decoded_in_part_is_whole(lines):
    (batch,) = ndjson.read(content(PLAIN * lines), Wanted(frozenset({"winlog.event_data.A"})), Problems())

    assert "winlog.event_data.D" not in batch.frame.schema.names
    whole = batch.fetch(np.array([lines - 1])).frame.to_pylist()[0]
    assert (whole["_position"], whole["winlog.event_data.D"], whole["winlog.record_id"]) == (lines - 1, "d", "7")


def test_documents_of_two_makes_in_one_file_are_both_decoded_in_part():
    agents = [
        document(code) | {"agent": {"type": "filebeat"}, "data_stream": {"dataset": "system.security"}}
        for code in (1, 3)
    ]
    lines = [json.dumps(each).encode() + b"\n" for each in [document(), *agents] * 5]

    assert left(lines, Wanted(COLUMNS, narrowed)) == 0


def test_ever_new_keys_are_learned_up_to_a_number_and_every_document_is_there():
    lines = [json.dumps(document(message=str(n)) | {f"new{n}": n}).encode() + b"\n" for n in range(200)]
    fast, _ = read(b"".join(lines), Wanted(COLUMNS), size=1000)
    slow, _ = read(b"".join(lines), Wanted(COLUMNS), fast=False)

    assert len(fast) == 200
    assert fast == slow


def test_more_forms_than_are_remembered_are_all_there(monkeypatch):
    monkeypatch.setattr("comtrap.sources.plain._MOST_USES", 5)
    lines = [json.dumps(document(code)).encode() + b"\n" for code in range(40)]
    fast, _ = read(b"".join(lines) * 2, Wanted(COLUMNS, narrowed))

    assert [fast[n]["kind"] for n in range(80)] == [("P", n % 40) for n in range(80)]


@pytest.mark.parametrize("size", [100, 70_000, 1 << 20])
def test_lines_too_long_have_their_places_among_documents_decoded_in_part(monkeypatch, size):
    monkeypatch.setattr(blocks, "SIZE_BYTES", 300_000)
    long = PLAIN.replace(b'"d"', b'"' + b"x" * 300_000 + b'"')
    found, problems = read(
        PLAIN + long + PLAIN * 2 + long + PLAIN + long.rstrip(), Wanted(COLUMNS, narrowed), size=size
    )

    assert sorted(found) == [0, 2, 3, 5]
    assert problems.skipped == {"too long": 3}


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9])
def test_of_a_packed_file_that_breaks_off_the_documents_before_are_there(tmp_path, left):
    chance = random.Random(7)
    lines = [json.dumps(document(n % 3 + 1, message=chance.randbytes(300).hex())).encode() + b"\n" for n in range(3000)]
    packed = gzip.compress(b"".join(lines))
    found, problems = file_rows(tmp_path, packed[: int(len(packed) * left)], Wanted(COLUMNS, narrowed))

    assert [row["_position"] for row in found] == list(range(len(found)))
    assert left - 0.05 < len(found) / 3000 <= left + 0.05
    assert problems.skipped == {}
    assert "breaks off" in "".join(problems.failed.values())
