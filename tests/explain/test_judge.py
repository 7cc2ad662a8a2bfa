"""Verdicts on parts of a condition are those of the engine, and name what decided."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.events.batch import EventBatch
from comtrap.execute.execute import condition
from comtrap.explain.condition import Reader, guarded
from comtrap.explain.judge import LONGEST, SHOWN, Judged, Verdict, judge
from comtrap.explain.subject import find
from comtrap.schema.telemetry import telemetry


def event(**fields: object) -> EventBatch:
    """One event; ``process__name`` is ``process.name``."""
    columns = {"_event": pa.array([0], pa.uint64()), "_index": pa.array(["logs-a"])}
    for name, value in fields.items():
        columns[name.replace("__", ".")] = pa.array([value])
    return EventBatch(pa.table(columns), telemetry())


def judged(text: str, one: EventBatch, **more: object) -> Judged:
    subject = find(f"any where {text}")
    return judge(guarded(subject.written[0], subject.text, **more), one, Reader(subject.text))


def clause(text: str, one: EventBatch) -> Judged:
    (found,) = judged(text, one).parts
    return found


ONE = event(process__name="Cmd.exe", process__pid=7, process__args=["a", "b", "c"], user__name="")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('process.name : "cmd.exe"', "true"), ('process.name == "cmd.exe"', "false"), ('process.title : "x"', "null"), ('?no.such : "x"', "null"),
        ('process.title != "x"', "true"), ('not process.title : "x"', "true"), ('not ?no.such : "x"', "null"), ("process.title == null", "true"),
        ("process.name == null", "false"), ('process.args == "b"', "true"), ('process.args != "b"', "false"), ("number(process.name) > 1", "failed"),
        ("not number(process.name) > 1", "true"), ("process.pid in (6, 7)", "true"), ("process.pid not in (6, 7)", "false"),
        ("true", "true"), ("1 > 2", "false"), ('process.title : "x" or process.pid == 7', "true"), ('(process.title : "x") == null', "true"),
    ],
)  # fmt: skip
def test_true_false_null_or_failed(text, verdict):
    assert clause(text, ONE).verdict.value == verdict


def values(found: Judged) -> dict[str, tuple]:
    return {given.name: given.values for given in found.values}


def test_the_value_that_decided():
    assert values(clause('process.name : "cmd.exe"', ONE)) == {"process.name": ("Cmd.exe",)}
    assert values(clause('process.title : "x"', ONE)) == {"process.title": ()}
    assert values(clause('user.name : "x"', ONE)) == {"user.name": ("",)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('process.args : ("c", "b")', ("b", "c")),
        ('process.args == "z"', ("a", "b", "c")),
        ('process.args != "b"', ("b",)),
        ('process.args not in ("c", "x")', ("c",)),
        ('process.args != "z"', ("a", "b", "c")),
    ],
)
def test_of_several_values_those_that_decided(text, shown):
    (given,) = clause(text, ONE).values
    assert (given.values, given.count) == (shown, 3)


def test_what_is_computed_is_told():
    assert values(clause("length(process.name) + 1 > 3", ONE)) == {
        "process.name": ("Cmd.exe",),
        "length(process.name) + 1": (8,),
    }


def test_a_failure_is_told_and_no_value_computed():
    found = clause("number(process.name) > 1", ONE)
    assert found.message == '"Cmd.exe" is not a number of base 10'
    assert list(values(found)) == ["process.name"]


def test_dates_and_addresses_are_told_as_people_write_them():
    one = event(source__ip="2001:db8:0:0:0:0:0:1").frame.append_column(
        "process.start", pa.array([1], pa.timestamp("ns", "UTC"))
    )
    found = judged('source.ip == "2001:db8::/32" and process.start > "1970"', EventBatch(one, telemetry()))
    assert [values(part) for part in found.parts] == [
        {"source.ip": ("2001:db8::1",)},
        {"process.start": ("1970-01-01T00:00:00.000000001Z",)},
    ]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('process.name : ("x*", "c*", "*.exe", "y")', ('"c*"', '"*.exe"')),
        ('process.name in~ ("x", "CMD.EXE")', ('"CMD.EXE"',)),
        ('process.name in ("x", "CMD.EXE")', ()),
        ('process.name regex~ ("x.*", "c.+")', ('"c.+"',)),
        ("process.pid in (5, 7, 9)", ("7",)),
        ("process.pid not in (5, 7, 9)", ("7",)),
        ('process.args : ("c", "d", "a")', ('"c"', '"a"')),
    ],
)
def test_what_of_a_list_holds(text, held):
    assert clause(text, ONE).held == held


def test_a_list_of_thousands_is_searched_quickly_and_some_of_it_named():
    text = "process.name : (" + ", ".join(f'"c*{n}"' for n in range(5_000)) + ', "cmd*", ' + '"*e", ' * 20 + '"z")'
    assert clause(text, ONE).held == ('"cmd*"', *['"*e"'] * (SHOWN - 1))


def test_many_values_and_long_ones_are_cut():
    one = event(process__args=["x" * 5_000, *map(str, range(50))])
    (given,) = clause('process.args : "no"', one).values
    assert (len(given.values), given.count) == (SHOWN, 51)
    assert len(given.values[0]) <= LONGEST + 1


def test_the_index_is_told():
    found = judged("true", ONE, index=("logs-b",)).parts[0]
    assert (found.verdict, values(found)) == (Verdict.FALSE, {"_index": ("logs-a",)})


_LEAVES = [
    'process.name : "c*"', 'process.title == "x"', "process.pid > 5", 'process.args == "b"', '?no.such == "x"', "true",
    "number(process.name) > 1", "process.title != null", "length(process.args) == 1", "process.pid in (1, 7)",
]  # fmt: skip
_CONDITIONS = st.recursive(
    st.sampled_from(_LEAVES),
    lambda inner: st.one_of(
        inner.map(lambda a: f"not ({a})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
    ),
    max_leaves=8,
)


@given(_CONDITIONS)
def test_the_whole_is_what_the_engine_says(text):
    subject = find(f"any where {text}")
    if "number" in text:
        return
    assert judged(text, ONE).verdict.holds is bool(condition(subject.stages[0].predicate, ONE)[0])


@given(_CONDITIONS)
def test_an_and_is_true_if_all_its_parts_are_and_an_or_if_one_is(text):
    left = [judged(text, ONE)]
    while left:
        found = left.pop()
        left += found.parts
        if not found.parts:
            continue
        held = [part.verdict.holds for part in found.parts]
        if found.node.kind.value == "and":
            assert found.verdict.holds is all(held)
        elif found.node.kind.value == "or":
            assert found.verdict.holds is any(held)
        elif found.node.always is None:
            assert found.verdict.holds is not held[0]
