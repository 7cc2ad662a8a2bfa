"""One record's text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.sources.record import (
    BAD_JSON,
    DEPTH,
    NO_OBJECT,
    SIZE_BYTES,
    TOO_DEEP,
    TOO_LONG,
    VALUES,
    BadRecordError,
    depth,
    parsed,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":"\\ud800"}', "\ufffd"),
        (b'{"a":"\\uDC00x\\ud83d\\ude00"}', "\ufffdx\U0001f600"),
        (b'{"a":"\\ud800\\ud83d\\ude00"}', "\ufffd\U0001f600"),
        (b'{"a":"\\\\ud800\\ud800"}', "\\ud800\ufffd"),
        (b'{"a":"\xff"}', "\ufffd"),
        (b'{"a":"\xed\xa0\x80"}', "\ufffd\ufffd\ufffd"),
        (b'{"a":"tab\there"}', "tab\there"),
    ],
)
def test_text_that_is_nearly_right_is_repaired(text, value):
    assert parsed(text) == ({"a": value}, True)


def test_not_a_number_is_no_reason_to_lose_a_record():
    record, repaired = parsed(b'{"a":NaN,"b":-Infinity,"c":1}')

    assert (str(record["a"]), record["c"], repaired) == ("nan", 1, True)


@pytest.mark.parametrize("number", ["1e999", "-1E+400", "9" * 400, "-" + "1" * 5000, "1" * 400 + ".5e3"])
def test_a_number_no_double_can_hold_is_its_text_and_nothing_was_repaired(number):
    assert parsed(f'{{"a":{number},"b":1.5,"c":7}}'.encode()) == ({"a": number, "b": 1.5, "c": 7}, False)


@pytest.mark.parametrize("other", ['"\\ud800"', "NaN", '"\t"'])
def test_beside_such_a_number_something_may_have_to_be_repaired(other):
    record, repaired = parsed(f'{{"a":1e999,"b":{other}}}'.encode())

    assert (record["a"], repaired) == ("1e999", True)


@given(st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_the_same_whichever_parser_reads_them(number):
    record, _ = parsed(f'{{"a":{number!r},"b":1e999}}'.encode())

    assert repr(record["a"]) == repr(parsed(f'{{"a":{number!r}}}'.encode())[0]["a"])


def test_of_equal_keys_the_last_counts():
    assert parsed(b'{"a":1,"a":2}') == ({"a": 2}, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a":', BAD_JSON),
        (b"nonsense", BAD_JSON),
        (b'{"a":1} trailing', BAD_JSON),
        (b'{"a":' + b"1" * 5000 + b"x}", BAD_JSON),
        (b"[1]", NO_OBJECT),
        (b'"text"', NO_OBJECT),
        (b"null", NO_OBJECT),
        (b'{"a":"' + b"x" * SIZE_BYTES + b'"}', TOO_LONG),
        (b'{"a":[' + b"1," * VALUES + b"1,1]}", TOO_LONG),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, TOO_DEEP),
        (b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}", TOO_DEEP),
        (b"{" * 100_000, TOO_DEEP),
    ],
)
def test_what_cannot_be_used_says_why(text, reason):
    with pytest.raises(BadRecordError) as caught:
        parsed(text)

    assert caught.value.reason == reason


def test_brackets_in_strings_are_not_depth():
    text = json.dumps({"a": "{[" * 500 + '\\"'}).encode()

    assert depth(text) == 1
    assert parsed(text)[0]["a"].startswith("{[{[")


def test_objects_as_deep_as_is_allowed_are_read():
    text = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH

    assert parsed(text)[1] is False


@given(st.integers(DEPTH - 3, DEPTH + 3), st.integers(0, 3), st.sampled_from(["[]", "{}", "1", '"[{"']))
def test_objects_and_what_is_no_json_are_as_deep_by_the_same_measure(deep, more, inner):
    text = ('{"a":[' * (deep // 2) + inner + "]}" * (deep // 2)).encode()
    padded = text[:-1] + b',"b":"' + b"{" * 70 + b'"' + b"," * more + b"}"
    try:
        parsed(padded)
        reason = None
    except BadRecordError as error:
        reason = error.reason

    assert reason == (TOO_DEEP if depth(padded) > DEPTH else BAD_JSON if more else None)


def test_a_string_without_end_is_gone_through_once():
    assert depth(b"[" * 65 + b'"' + b'\\"' * 2_000_000) == 65


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(text):
    try:
        record, _ = parsed(text)
    except BadRecordError:
        return
    assert isinstance(record, dict)
    json.dumps(record).encode()
