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


def test_of_equal_keys_the_last_counts():
    assert parsed(b'{"a":1,"a":2}') == ({"a": 2}, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a":', BAD_JSON),
        (b"nonsense", BAD_JSON),
        (b'{"a":1} trailing', BAD_JSON),
        (b'{"a":' + b"1" * 5000 + b"}", BAD_JSON),
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
