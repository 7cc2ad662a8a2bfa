"""What conditions mean, and what is refused."""

from __future__ import annotations

import math

import pytest
from tests.check.asking import (
    ADDRESS,
    ELEVATED,
    FALSE,
    LOAD,
    NAME,
    NULL,
    PID,
    PORT,
    TIME,
    TRUE,
    codes,
    condition,
    double,
    long,
    mistakes,
    places,
    text,
    value,
)

from comtrap.check.typed import (
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Column,
    Compare,
    Constant,
    IsNull,
    Matches,
    Not,
    OneOf,
    Range,
)
from comtrap.schema.types import Type

DAY = Range(1709596800000000000, 1709683199999999999)  # 2024-03-05


# --- comparisons ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('process.name == "a"', Compare("==", NAME, text("a"))),
        ('process.name != "a"', Not(Compare("==", NAME, text("a")))),
        ('not process.name != "a"', Compare("==", NAME, text("a"))),
        ("process.pid <= 4", Compare("<=", PID, long(4))),
        ("process.pid > 4.5", Compare(">", PID, double(4.5))),
        ('"a" == process.name', Compare("==", NAME, text("a"))),
        ("4 < process.pid", Compare(">", PID, long(4))),
        ("4 >= process.pid", Compare("<=", PID, long(4))),
        ("4 == length(process.name)", Compare("==", Call("length", (NAME,), False, Type.LONG), long(4))),
        ('4 < number("5")', TRUE),
        ('kind == "a"', Compare("==", Column("event.category", Type.KEYWORD), text("a"))),
        ('title == "a"', Compare("==", Column("title", Type.TEXT), text("a"))),
        ('title.keyword == "a"', Compare("==", Column("title", Type.KEYWORD), text("a"))),
    ],
)
def test_comparisons_lose_their_sugar(written, meant):
    assert condition(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("process.name == 4", Compare("==", NAME, text("4"))),
        ("process.name == 1.5", Compare("==", NAME, text("1.5"))),
        ("process.name == true", Compare("==", NAME, text("true"))),
        ('process.pid == "4"', Compare("==", PID, long(4))),
        ('load == "4.5"', Compare("==", LOAD, double(4.5))),
        ('elevated == "true"', Compare("==", ELEVATED, TRUE)),
        ('agent.version > "1.2"', Compare(">", Column("agent.version", Type.VERSION), Constant("1.2", Type.VERSION))),
        ('@timestamp == "2024-03-05"', Compare("==", TIME, Constant(DAY, Type.DATE))),
        ('"2024-03-05" < @timestamp', Compare(">", TIME, Constant(DAY, Type.DATE))),
        ('day == "05-03-2024"', Compare("==", Column("day", Type.DATE), Constant(DAY, Type.DATE))),
        ("@timestamp >= 1500", Compare(">=", TIME, Constant(Range(1_500_000_000, 1_500_999_999), Type.DATE))),
        (
            'destination.ip == "::ffff:1.2.3.4/128"',
            Compare("==", ADDRESS, Constant(Range(0xFFFF01020304, 0xFFFF01020304), Type.IP)),
        ),
        (
            'destination.ip < "10.0.0.0/8"',
            Compare("<", ADDRESS, Constant(Range(0xFFFF0A000000, 0xFFFF0AFFFFFF), Type.IP)),
        ),
    ],
)
def test_a_literal_becomes_a_value_of_the_type_it_is_compared_with(written, meant):
    assert condition(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("process.name == null", IsNull(NAME)),
        ("null == process.name", IsNull(NAME)),
        ("process.name != null", Not(IsNull(NAME))),
        ("null == (process.pid > 1)", IsNull(Compare(">", PID, long(1)))),
        ("length(process.name) != null", Not(IsNull(Call("length", (NAME,), False, Type.LONG)))),
        ("process.name < null", FALSE),
        ("not process.name < null", FALSE),
        ("null == null", TRUE),
        ("1 == null", FALSE),
        ("null != 1", TRUE),
    ],
)
def test_comparing_with_null_asks_for_a_value(written, meant):
    assert condition(written) == meant


# --- truth ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("elevated", Compare("==", ELEVATED, TRUE)),
        ("not elevated", Not(Compare("==", ELEVATED, TRUE))),
        ("elevated == false", Compare("==", ELEVATED, FALSE)),
        ("elevated != true", Not(Compare("==", ELEVATED, TRUE))),
        ("elevated and true", Compare("==", ELEVATED, TRUE)),
        ("elevated or true", TRUE),
        ("elevated and false", FALSE),
        ("elevated and elevated", Compare("==", ELEVATED, TRUE)),
        (
            "elevated and (process.pid == 1 and process.pid == 2)",
            AllOf((Compare("==", ELEVATED, TRUE), Compare("==", PID, long(1)), Compare("==", PID, long(2)))),
        ),
        ("elevated or process.pid == 1", AnyOf((Compare("==", ELEVATED, TRUE), Compare("==", PID, long(1))))),
    ],
)
def test_logic_above_the_leaves(written, meant):
    assert condition(written) == meant


STARTS = Call("startsWith", (NAME, text("a")), False, Type.BOOLEAN)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('startsWith(process.name, "a")', STARTS),
        ('startsWith(process.name, "a") == true', STARTS),
        ('startsWith(process.name, "a") == false', Not(STARTS)),
        ('false == startsWith(process.name, "a")', Not(STARTS)),
        ('startsWith(process.name, "a") != true', Not(STARTS)),
        ('startsWith(process.name, "a") != false', STARTS),
    ],
)
def test_a_boolean_function_compared_with_a_truth_is_one_or_its_negation(written, meant):
    assert condition(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('(process.name in ("a")) == false', Compare("==", OneOf(NAME, (text("a"),)), FALSE)),
        ("(process.pid > 1) == false", Compare("==", Compare(">", PID, long(1)), FALSE)),
        ("(not elevated) == true", Compare("==", Not(ELEVATED), TRUE)),
        (
            '(elevated and ?nothing : "a") == null',
            IsNull(AllOf((ELEVATED, NULL))),
        ),
    ],
)
def test_logic_inside_a_leaf_stays_one_leaf(written, meant):
    assert condition(written) == meant


# --- optional fields --------------------------------------------------------------------------------------------------

REST = Compare("==", PID, long(1))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("?process.pid == 1", REST),
        ("?nothing == null", TRUE),
        ("?nothing != null", FALSE),
        ("?nothing", FALSE),
        ("not ?nothing", FALSE),
        ("process.pid == 1 and not ?nothing", FALSE),
        ("not (process.pid == 1 and ?nothing)", FALSE),
        ("?nothing == ?nihil", TRUE),
        ('?nothing == "a"', FALSE),
        ('?nothing != "a"', TRUE),
        ('not ?nothing == "a"', TRUE),
        ('?nothing : "a"', FALSE),
        ('not ?nothing : "a"', FALSE),
        ("?nothing < 3", FALSE),
        ("not ?nothing < 3", FALSE),
        ('?nothing in ("a")', FALSE),
        ('?nothing not in ("a")', FALSE),
        ('startsWith(?nothing, "a")', FALSE),
        ('not startsWith(?nothing, "a")', FALSE),
        ('process.pid == 1 and not ?nothing : "a"', FALSE),
        ('process.pid == 1 or ?nothing : "a"', REST),
        ('process.pid == 1 or not ?nothing : "a"', REST),
        ('not (process.pid == 1 and ?nothing : "a")', FALSE),
        ('not (process.pid == 1 or ?nothing : "a")', Not(REST)),
        ("length(?nothing) == 1", FALSE),
        ("length(?nothing) == null", TRUE),
        ("process.pid + ?nothing == 1", FALSE),
        ("process.pid + ?nothing == null", TRUE),
    ],
)
def test_an_optional_field_that_is_not_mapped_is_null(written, meant):
    assert condition(written) == meant


# --- lists and patterns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('process.name in ("a", "b", "a")', OneOf(NAME, (text("a"), text("b")))),
        ('process.name not in~ ("A")', Not(OneOf(NAME, (text("A"),), ignore_case=True))),
        ("process.pid in (1, null, 2.5)", OneOf(PID, (long(1), double(2.5)))),
        ("process.pid in (1 + 1)", OneOf(PID, (long(2),))),
        ("process.pid in (null)", FALSE),
        ('@timestamp in ("2024-03-05")', OneOf(TIME, (Constant(DAY, Type.DATE),))),
        ("345 in (123, 345)", TRUE),
        ("345 not in (123, 345)", FALSE),
        ('"a" in ("b")', FALSE),
        (
            'process.name in ("a", concat("b", "c"))',
            OneOf(NAME, (text("a"), text("bc"))),
        ),
        (
            'process.name in~ ("a", concat("B", null), concat("B", "c"))',
            OneOf(NAME, (text("a"), text("Bc")), ignore_case=True),
        ),
        ('"b" in~ ("a", "B")', TRUE),
    ],
)
def test_lists(written, meant):
    assert condition(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('process.name : ("A*", "b?", "A*")', Matches(NAME, ("A*", "b?"), ignore_case=True)),
        ('process.name like "A*"', Matches(NAME, ("A*",), ignore_case=False)),
        ('process.name like~ "A*"', Matches(NAME, ("A*",), ignore_case=True)),
        ('process.name regex "A[b-d]+"', Matches(NAME, ("A[b-d]+",), ignore_case=False, regex=True)),
        ('process.name regex~ "A[B-D]+"', Matches(NAME, ("a[B-Db-d]+",), ignore_case=True, regex=True)),
        ('"abc" : "A*"', TRUE),
        ('"abc" like "A*"', FALSE),
        ('"abc" like ("x", "*b?")', TRUE),
        ('"abC" regex~ ("x", "[A-B]{2}c")', TRUE),
        ('"abc" regex "b"', FALSE),
    ],
)
def test_patterns(written, meant):
    assert condition(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('process.name.caseless == "CMD.exe"', OneOf(NAME, (text("CMD.exe"),), ignore_case=True)),
        ('process.name.caseless != "CMD.exe"', Not(OneOf(NAME, (text("CMD.exe"),), ignore_case=True))),
        ('process.name.caseless in ("A")', OneOf(NAME, (text("A"),), ignore_case=True)),
        ('process.name.caseless like "A*"', Matches(NAME, ("A*",), ignore_case=True)),
        ('process.name.caseless regex "A"', Matches(NAME, ("a",), ignore_case=True, regex=True)),
        ("process.name.caseless == null", IsNull(NAME)),
    ],
)
def test_a_caseless_field_is_its_field_compared_without_case(written, meant):
    assert condition(written) == meant


# --- arithmetic and functions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("process.pid + 1", Arithmetic("+", PID, long(1), Type.LONG)),
        ("process.pid / 2.0", Arithmetic("/", PID, double(2.0), Type.DOUBLE)),
        ("add(process.pid, destination.port)", Arithmetic("+", PID, PORT, Type.LONG)),
        ("MODULO(process.pid, 2)", Arithmetic("%", PID, long(2), Type.LONG)),
        ("-process.pid", Arithmetic("-", long(0), PID, Type.LONG)),
        ("1 + 2 * 3", long(7)),
        ("-7 / 2", long(-3)),
        ("-7 % 2", long(-1)),
        ("7 / 2.0", double(3.5)),
        ("1 + null", NULL),
        ("1.0 / 0", double(math.inf)),
    ],
)
def test_arithmetic(written, meant):
    assert value(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('STARTSWITH~(process.name, "a")', Call("startsWith", (NAME, text("a")), True, Type.BOOLEAN)),
        ("concat(process.name, null)", NULL),
        ("length(null)", NULL),
        ('indexOf(process.name, "a", null)', Call("indexOf", (NAME, text("a"), NULL), False, Type.LONG)),
        ("substring(process.name, null)", Call("substring", (NAME, NULL), False, Type.KEYWORD)),
        ("substring(null, null)", NULL),
        ("number(process.name, null)", Call("number", (NAME, NULL), False, Type.DOUBLE)),
        (
            'cidrMatch(destination.ip, "10.0.0.0/8", "fe80::/10")',
            Call("cidrMatch", (ADDRESS, text("10.0.0.0/8"), text("fe80::/10")), False, Type.BOOLEAN),
        ),
        ('cidrMatch("10.0.0.1", concat("10.0.0.0", "/8"))', TRUE),
        ("string(@timestamp)", Call("string", (TIME,), False, Type.KEYWORD)),
        ('startsWith("abc", process.name)', Call("startsWith", (text("abc"), NAME), False, Type.BOOLEAN)),
    ],
)
def test_functions(written, meant):
    assert value(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true or null", TRUE),
        ("false or null", NULL),
        ("true and null", NULL),
        ("false and null", FALSE),
        ("not null", NULL),
        ("3 == 3.0", TRUE),
        ('"Foo" < "foo"', TRUE),
        ('"a" >= "b"', FALSE),
        ("null < 1", NULL),
        ("true == false", FALSE),
        ("(1 * 2 + 3 * 4 + 10 / 2) == (2 + 12 + 5)", TRUE),
    ],
)
def test_constants_fold_three_valued(written, meant):
    assert value(written) == meant


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code", "at"),
    [
        ('process.nme == "a"', "E201", "process.nme"),
        ("lenght(process.name) == 1", "E202", "lenght"),
        ("length(process.name, process.name) == 1", "E203", "length(process.name, process.name)"),
        ("concat() == null", "E203", "concat()"),
        ("length(process.pid) == 1", "E204", "process.pid"),
        ('between(process.name, "a", "b", "true") == ""', "E204", '"true"'),
        ("number(process.name, 1.0) == 1", "E204", "1.0"),
        ('cidrMatch(process.name, "10.0.0.0/8")', "E204", "process.name"),
        ("cidrMatch(destination.ip, process.name)", "E205", "process.name"),
        ("cidrMatch(destination.ip, concat(process.name))", "E205", "concat(process.name)"),
        ("length~(process.name) == 1", "E206", "length~"),
        ("process.pid", "E207", "process.pid"),
        ('"a"', "E207", '"a"'),
        ("elevated and process.pid + 1", "E207", "process.pid + 1"),
        ("not process.name", "E207", "process.name"),
        ("process.name == process.name", "E208", "process.name"),
        ('process.name in ("a", process.name)', "E208", "process.name"),
        ("length(process.name) == process.pid", "E208", "process.pid"),
        ("elevated < true", "E209", "elevated"),
        ('process.name.caseless > "a"', "E209", "process.name.caseless"),
        ("elevated == 1", "E209", "1"),
        ("destination.ip == 1", "E209", "1"),
        ("@timestamp == true", "E209", "true"),
        ('length(process.name) == string("a")', "E210", 'string("a")'),
        ('1 + number("x") == 2', "E222", 'number("x")'),
        ("process.pid == 1 / 0", "E222", "1 / 0"),
        ("process.pid == -(-9223372036854775807 - 1)", "E222", "-(-9223372036854775807 - 1)"),
        ("subtract(0, modulo(1, 0)) == 1 or process.pid == 1", "E222", "modulo(1, 0)"),
        ('process.name in ("a", 1)', "E209", "1"),
        ('process.pid == "x"', "E210", '"x"'),
        ('process.pid in ("5")', "E209", '"5"'),
        ("process.name in (5)", "E209", "5"),
        ('elevated in ("true")', "E209", '"true"'),
        ('@timestamp in ("x")', "E210", '"x"'),
        ('destination.ip == "10.0.0"', "E210", '"10.0.0"'),
        ('destination.ip == "10.0.0.0/255.0.0.0"', "E210", '"10.0.0.0/255.0.0.0"'),
        ('cidrMatch(destination.ip, "10.0.0.0/33")', "E210", '"10.0.0.0/33"'),
        ('cidrMatch("10.0.0.0/8", "10.0.0.0/8")', "E210", '"10.0.0.0/8"'),
        ('@timestamp > "now-1d"', "E210", '"now-1d"'),
        ('day == "2024-03-05"', "E210", '"2024-03-05"'),
        ('elevated == "yes"', "E210", '"yes"'),
        ("process.threads == null", "E211", "process.threads"),
        ("process.threads.id == 1", "E211", "process.threads.id"),
        ("host.geo == null", "E211", "host.geo"),
        ("process == null", "E211", "process"),
        ("?process == null", "E211", "process"),
        ('message : "a"', "E212", "message"),
        ('process.name.text : "a"', "E212", "process.name.text"),
        ('process.name regex "("', "E213", '"("'),
        ('process.name regex ("a", "a&b")', "E214", '"a&b"'),
        ('process.pid : "4"', "E216", "process.pid"),
        ('agent.version like "1*"', "E216", "agent.version"),
        ("process.pid in~ (1)", "E216", "process.pid"),
        ("process.name : 4", "E217", "4"),
        ('process.name like (null, "a")', "E217", "null"),
        ("process.name + 1 == 1", "E218", "process.name"),
        ("-process.name == 1", "E218", "process.name"),
        ("add(process.name, 1) == 1", "E204", "process.name"),
        ("length(process.name.caseless) == 1", "E219", "process.name.caseless"),
    ],
)
def test_a_mistake_has_its_code_and_its_place(written, code, at):
    found = dict(zip(codes(written), places(written), strict=True))

    assert found[code].removeprefix("?") == at


def test_the_place_of_an_optional_field_includes_its_question_mark():
    assert places("?process == null") == ["?process"]


def test_all_mistakes_are_found_in_the_order_of_the_text():
    written = 'process.nme == "a" and length(process.pid) == 1 and (process.pid or nothing) and foo(bar) == 1'

    assert codes(written) == ["E201", "E204", "E207", "E201", "E202", "E201"]


def test_a_mistake_is_told_once():
    assert codes("process.nme == 1 and true == (process.nme == 1)") == ["E201", "E201"]
    assert codes('process.nme != "a"') == ["E201"]


def test_a_mistake_does_not_cause_others():
    assert codes('length(process.nme) + 1 == "x" or process.nme') == ["E201", "E201"]


def test_the_closest_names_are_suggested():
    assert [d.help for d in mistakes('process.nme : "a"')] == ["did you mean `process.name`?"]
    assert [d.help for d in mistakes('match(process.name, "a")')] == ["did you mean `cidrMatch`?"]


def test_fields_that_cannot_be_queried_are_not_suggested():
    assert [d.help for d in mistakes('messages : "a"')] == [None]


def test_a_regular_expression_on_a_computed_text_is_read_as_java_does():
    assert condition('string(process.pid) regex "\\"?4"') == Matches(
        Call("string", (PID,), False, Type.KEYWORD), ('\\"?4',), ignore_case=False, regex=True
    )
    assert codes('string(process.pid) regex "^4$"') == ["E214"]
