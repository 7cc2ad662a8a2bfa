"""Lines or values."""

from __future__ import annotations

import json

import pytest

from comtrap.sources.json_text import Form, form

LONG = json.dumps({"a": "x" * 5000}).encode()


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1}\n{"a":2}\n',
        b'{"a":1}',
        b'\n\n  {"a":1}\n{"a":2}',
        b'{"a":1}\n\nnot json\n',
        b'{"broken\n{"a":1}\n',
        b'{"broken": "at the end',
        b'cut off"}\n{"a":1}\n{"a":2}\n',
        LONG[:4096],
        b"",
        b" \r\n\n",
        b"{}\n{}\n",
        b'{"message":"hits","hits":3}\n',
        b'{"@timestamp":"2024-05-01","hits":{"hits":[1]}}\n',
    ],
)
def test_lines(text):
    assert form(text) is Form.LINES


@pytest.mark.parametrize(
    "text",
    [
        b'[{"a":1}]',
        b'\n\n[\n  {"a":1}\n]',
        b"[]",
        b"[",
        b'{\n  "a": 1\n}\n',
        b'{ "a": 1,\n  "b": 2 }\n',
        b'{\n "a": {\n  "b": 1 }}\n{\n "a": 2\n}',
        b'{"took":3,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":1},"hits":[{"_index":"i","_source":{}}]}}',
        b'{"is_partial":false,"hits":{"total":{"value":1},"events":[{"_id":"1"',
        b'{\n "took": 3,\n "hits": {\n  "hits": [\n',
    ],
)
def test_values(text):
    assert form(text) is Form.VALUES


@pytest.mark.parametrize(
    "text",
    [
        b"<Events>",
        b"a,b,c\n1,2,3\n",
        b"{ not json",
        b"\x00\x01",
        b'{"a":1}\0',
        b"[section]\nkey=value\n",
        b"hello\n",
        b"\xff\xfe{",
    ],
)
def test_neither(text):
    assert form(text) is None
