"""Documents of plain Windows events: decoded in part, they are what they are when decoded whole."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.reading import content

from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
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


def everything_is_left(_self, position, text):
    lines = list(io.BytesIO(text))
    return len(lines), list(enumerate(lines, position))


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
    value = draw(st.sampled_from([
        "1e999", "-1E400", "9" * 400, "1" * 5000, "NaN", "-Infinity", '"\\ud800"', '"\\ud83d\\ude00"', '"\ud800"', '"\t"', '"\\x"',
        DEEP, '"' + "{" * 70 + '"', "-0", "01", "1.", "nul", "{", '{"A":1,"A":2}', '{"type":"endpoint"}', "123456789012345678901",
    ]))  # fmt: skip
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
