"""What the functions give beyond what the spec corpus shows."""

from __future__ import annotations

import inspect
import math

import pytest

from comtrap.check.calls import FUNCTIONS, OPERATORS, ValueFailed
from comtrap.check.functions import SIGNATURES


def test_there_is_one_for_every_signature():
    assert set(FUNCTIONS) == {signature.name for signature in SIGNATURES.values()}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=lambda s: s.name)
def test_those_that_ignore_case_take_the_flag(signature):
    takes = "ignore_case" in inspect.signature(inspect.unwrap(FUNCTIONS[signature.name])).parameters

    assert takes is signature.ignores_case


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=lambda s: s.name)
def test_null_in_a_strict_argument_gives_null(signature):
    given = {"add": 1, "subtract": 1, "multiply": 1, "divide": 1, "modulo": 1, "cidrMatch": "10.0.0.0"}
    for place in range(signature.least):
        if signature.parameter(place).null_is_default:
            continue
        arguments = [given.get(signature.name, "1")] * signature.least
        arguments[place] = None
        assert FUNCTIONS[signature.name](*arguments) is None


@pytest.mark.parametrize(
    ("op", "a", "b", "expected"),
    [
        ("/", 7, 2, 3), ("/", -7, 2, -3), ("/", 7, -2, -3), ("/", -7, -2, 3), ("/", 7, 2.0, 3.5),
        ("%", 7, 3, 1), ("%", -7, 3, -1), ("%", 7, -3, 1), ("%", -7, -3, -1), ("%", 7.5, 2, 1.5), ("%", -7.5, 2, -1.5),
        ("+", 2**62, 2**62 - 1, 2**63 - 1), ("+", 1, 0.5, 1.5), ("-", -(2**62), 2**62, -(2**63)), ("*", -3, 7, -21), ("*", 2, 0.5, 1.0),
    ],
)  # fmt: skip
def test_arithmetic(op, a, b, expected):
    found = OPERATORS[op](a, b)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("op", "a", "b"),
    [("/", 1, 0), ("%", 1, 0), ("+", 2**63 - 1, 1), ("-", -(2**63), 1), ("*", 2**62, 2), ("/", -(2**63), -1)],
)
def test_arithmetic_on_integers_fails_where_there_is_no_64_bit_result(op, a, b):
    with pytest.raises(ValueFailed):
        OPERATORS[op](a, b)


def test_division_of_doubles_by_zero_gives_infinity():
    assert OPERATORS["/"](1.0, 0) == math.inf
    assert OPERATORS["/"](-1.0, 0.0) == -math.inf
    assert OPERATORS["/"](1, -0.0) == -math.inf
    assert math.isnan(OPERATORS["/"](0.0, 0))
    assert math.isnan(OPERATORS["%"](1.0, 0))


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("9007199254740993", None, 9007199254740993), ("0xff", None, 255), ("0xff", 16, 255), ("ff", 16, 255), ("-ff", 16, -255), ("z", 36, 35), ("101", 2, 5),
        ("9223372036854775808", None, 9223372036854775808.0), (".5", None, 0.5), ("5.", None, 5.0), ("1e3", None, 1000.0), ("-1.5E-2", None, -0.015), ("2.5f", None, 2.5),
        (" 7 ", None, 7), ("\t7\n", None, 7), ("+7", None, 7),
    ],
)  # fmt: skip
def test_number(text, base, expected):
    found = FUNCTIONS["number"](text, base)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("", None), ("x", None), ("1_000", None), ("0x", None), ("0xff", 10), ("1.5", 16), ("2", 2), ("1", 1), ("1", 37), ("1", 0), ("- 1", None), ("1 2", None), ("e3", None),
        ("9223372036854775808", 16 + 1), ("9" * 5000, 11), (".", None), ("0b1", 2), ("inf", None), ("nan", None),
    ],
)  # fmt: skip
def test_number_fails_on_what_is_none(text, base):
    with pytest.raises(ValueFailed, match="is not a number of base"):
        FUNCTIONS["number"](text, base)


def test_a_number_with_very_many_digits_is_no_error_of_ours():
    assert FUNCTIONS["number"]("9" * 5000) == math.inf


def test_positions_count_utf_16_code_units():
    clef = "a\U0001d11eb"  # one character of two units

    assert FUNCTIONS["length"](clef) == 4
    assert FUNCTIONS["indexOf"](clef, "b") == 3
    assert FUNCTIONS["substring"](clef, 3) == "b"
    assert FUNCTIONS["substring"](clef, 1, 3) == "\U0001d11e"
    assert FUNCTIONS["between"](clef, "a", "b") == "\U0001d11e"
    assert FUNCTIONS["length"]("é\u4e2d") == 2


def test_half_a_character_equals_nothing_a_query_can_say():
    assert FUNCTIONS["substring"]("\U0001d11e", 0, 1) == "\ufffd"


def test_case_is_folded_one_character_for_one():
    assert FUNCTIONS["between"]("xÄyÖz", "ä", "ö", ignore_case=True) == "y"
    assert FUNCTIONS["indexOf"]("\u0130\u0130Z", "z", ignore_case=True) == 2


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, "abcdef"), (2, None, "cdef"), (-2, None, "ef"), (1, 3, "bc"), (-3, -1, "de"), (4, 2, ""), (-99, 2, "ab"), (3, 99, "def"), (9, None, ""), (None, 2, "abcdef")],
)  # fmt: skip
def test_substring(start, end, expected):
    assert FUNCTIONS["substring"]("abcdef", start, end) == expected


@pytest.mark.parametrize(
    ("text", "part", "start", "expected"),
    [("banana", "an", None, 1), ("banana", "an", 2, 3), ("banana", "an", -9, 1), ("banana", "an", 9, None), ("banana", "", 4, 4), ("banana", "", 9, 6), ("", "a", 0, None)],
)  # fmt: skip
def test_index_of(text, part, start, expected):
    assert FUNCTIONS["indexOf"](text, part, start) == expected


@pytest.mark.parametrize(
    ("ip", "cidrs", "expected"),
    [
        ("10.1.2.3", ["10.0.0.0/8"], True), ("10.1.2.3", ["10.6.48.157/8"], True), ("11.1.2.3", ["10.0.0.0/8"], False), ("11.1.2.3", ["10.0.0.0/8", "11.0.0.0/8"], True),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True), ("2001:db8::1", ["2001:db8::/32"], True), ("2001:db8::1", ["0.0.0.0/0"], False), ("10.1.2.3", ["10.1.2.3/32"], True),
    ],
)  # fmt: skip
def test_cidr_match(ip, cidrs, expected):
    assert FUNCTIONS["cidrMatch"](ip, *cidrs) is expected


def test_cidr_match_fails_on_what_is_no_address():
    with pytest.raises(ValueFailed, match="not an IP address"):
        FUNCTIONS["cidrMatch"]("x", "10.0.0.0/8")


def test_concat_writes_everything_as_text():
    assert FUNCTIONS["concat"]("a", 1, True, 2.5, False) == "a1true2.5false"
