"""Columns by code and plain ones give the same fields."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.normalise.build import POWERSHELL, SECURITY, SYSMON, raw, record

from comtrap.events.arrays import CODED
from comtrap.events.problems import Problems
from comtrap.events.raw import RawBatch
from comtrap.normalise.normalise import to_documents, to_events
from comtrap.normalise.rows import Rows
from comtrap.normalise.values import Each, First, Kept, Text, Union

BLANK = frozenset({"", "-"})
ID = "{9A2B6A2E-0000-65E1-0000-00102B3E0C00}"
RECORDS = {
    (SYSMON, 1): [
        {"UtcTime": "2024-03-01 10:00:00.123", "ProcessGuid": ID, "Image": "C:\\a.exe", "CommandLine": 'a  "b c"'},
        {"UtcTime": "-", "ProcessGuid": ID, "Image": "C:\\a.exe", "CommandLine": "a", "ParentImage": "-"},
        {"UtcTime": "2024-03-01", "Image": "C:\\b.exe", "CommandLine": "a", "User": "D\\u", "Hashes": "MD5=AB,SHA1=0"},
    ],
    (SYSMON, 13): [
        {"TargetObject": f"HKU\\S-1-5-21-1_Classes\\CLSID\\{ID}\\InprocServer32\\(Default)", "Details": "C:\\x.dll"},
        {"TargetObject": "HKLM\\SOFTWARE\\A\\B", "Details": "DWORD (0x00000001)", "EventType": "SetValue"},
        {"TargetObject": "HKLM\\SOFTWARE\\A\\B", "Details": "", "EventType": "SetValue"},
    ],
    (SECURITY, 4688): [
        {"NewProcessId": "0x1f4", "NewProcessName": "C:\\a.exe", "CommandLine": "-", "SubjectUserName": "u@d"},
        {"NewProcessId": "0xFFFFFFFFFFFFFFFF", "NewProcessName": "C:\\a.exe", "CommandLine": "a b", "ProcessId": "x"},
    ],
    (POWERSHELL, 4104): [{"ScriptBlockText": "a", "MessageNumber": "1"}, {"ScriptBlockText": "a", "Path": "C:\\a.ps1"}],
}


def by_code(batch, names=None):
    frame = batch.frame
    for place, field in enumerate(frame.schema):
        if pa.types.is_string(field.type) and (names is None or field.name in names):
            frame = frame.set_column(place, field.name, frame.column(place).combine_chunks().dictionary_encode())
    return RawBatch(batch.kind, frame, batch.origin)


def found(batch):
    problems = Problems()
    events = to_events(batch, None, problems)
    columns = {name: events.column(name) for name in events.frame.schema.names}
    return {
        n: (c.type, c.cast(pa.int64()) if pa.types.is_timestamp(c.type) else c) for n, c in columns.items()
    }, problems


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("times", [1, 20])
def test_codes_change_no_event(kind, times):
    plain = raw(kind, [record(kind, values) for values in RECORDS[kind]] * times)
    some = {name for place, name in enumerate(plain.frame.schema.names) if place % 2}
    assert found(by_code(plain)) == found(plain)
    assert found(by_code(plain, some)) == found(plain)
    assert to_documents(by_code(plain)) == to_documents(plain)


def test_a_dictionary_with_unused_values_or_of_another_width_is_read():
    for kind in (pa.int32(), pa.int64()):
        column = pa.DictionaryArray.from_arrays(pa.array([2, None], kind), pa.array(["x", "-", "y", "z"]))
        rows = Rows(pa.table({"winlog.event_data.a": column}), {}, {}, BLANK)
        assert rows.column("winlog.event_data.a").to_pylist() == ["y", None]


@given(st.lists(st.none() | st.sampled_from(["", "-", "x", "ab"]), min_size=1, max_size=40))
def test_blanks_are_no_values(values):
    wanted = [None if value in BLANK else value for value in values]
    for column in (pa.array(values, pa.string()), pa.array(values, pa.string()).dictionary_encode()):
        read = Rows(pa.table({"winlog.event_data.a": column}), {}, {}, BLANK).column("winlog.event_data.a")
        assert (wanted if any(wanted) else None) == (None if read is None else read.to_pylist())


@given(
    st.lists(st.none() | st.sampled_from("abc"), min_size=1, max_size=20),
    st.lists(st.none() | st.sampled_from("bcd"), min_size=20, max_size=20),
)
def test_what_fills_what_does_not_depend_on_the_form(one, other):
    other = other[: len(one)]
    wanted = [b if a is None else a for a, b in zip(one, other, strict=True)]
    for first in (pa.array(one, pa.string()), pa.array(one, pa.string()).dictionary_encode()):
        for second in (pa.array(other, pa.string()), pa.array(other, pa.string()).dictionary_encode()):
            column = First(("a", "b")).array(Rows(pa.table({"a": first, "b": second}), {}))
            assert (None if column is None else column.to_pylist()) == (wanted if any(wanted) else None)
            assert column is None or column.type in {pa.string(), CODED}


def test_many_different_values_are_not_looked_for_twice():
    values = [f"v{n}" for n in range(5_000)] + [None]
    rows = Rows(pa.table({"a": values, "b": ["x", *values[1:]]}), {})
    assert Each(str.upper, ("a",)).array(rows).to_pylist() == [v and v.upper() for v in values]
    assert Each(str.upper, ("a",), only="9$").array(rows).to_pylist() == [
        v.upper() if v and v[-1] == "9" else None for v in values
    ]
    both = Union(("a", "b")).array(rows).to_pylist()
    assert both[0] == ["v0", "x"]
    assert both[1:] == [v and [v] for v in values[1:]]


def test_texts_of_another_shape_are_not_kept():
    expr = First((Kept("a", r"\A\d+\z"), Text("b")))
    column = expr.array(Rows(pa.table({"a": ["1", "x", None, "2"], "b": ["p", "q", None, "r"]}), {}))
    assert column.to_pylist() == ["1", "q", None, "2"]
    assert Kept("a", "x").array(Rows(pa.table({"a": [["x", "y"], [], ["z"]]}), {})).to_pylist() == ["x", None, None]
    assert Kept("c", "x").array(Rows(pa.table({"a": ["1"]}), {})) is None


def test_a_remembered_function_gives_what_it_gave_and_forgets_in_the_end():
    seen = []

    def shouted(text):
        seen.append(text)
        return text.upper()

    expr = Each(shouted, ("a",), remembered=True)
    for _ in range(2):
        assert expr.array(Rows(pa.table({"a": ["x", "y", None]}), {})).to_pylist() == ["X", "Y", None]
    assert seen == ["x", "y"]
    many = [f"{n}" for n in range(5_000)]
    assert expr.array(Rows(pa.table({"a": many}), {})).to_pylist() == many
    assert expr.array(Rows(pa.table({"a": ["x", "long" * 1_000]}), {})).to_pylist() == ["X", "LONG" * 1_000]
    assert seen.count("x") == 2
    assert expr.array(Rows(pa.table({"a": ["long" * 1_000]}), {})).to_pylist() == ["LONG" * 1_000]
    assert seen.count("long" * 1_000) == 2
