"""Encodings."""

from __future__ import annotations

import codecs

import pytest
from tests.sources.reading import content

from comtrap.sources.text import as_utf8

LINE = '{"name":"Zo\u00eb \U0001f600"}\r\n'


def decoded(data, size=1 << 20):
    made = as_utf8(content(data, size))
    whole = b""
    while part := made.stream.read(1 << 16):
        whole += part
    assert whole.startswith(made.head)
    return whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 1000])
def test_every_encoding_that_windows_writes_becomes_utf_8(encoding, size):
    assert decoded(LINE.encode(encoding), size) == LINE.encode()


def test_a_mark_of_big_endian_utf_16_is_obeyed():
    assert decoded(codecs.BOM_UTF16_BE + LINE.encode("utf-16-be")) == LINE.encode()


def test_halves_of_pairs_become_replacement_characters():
    assert decoded(codecs.BOM_UTF16_LE + b"{\0\x00\xd8}\0") == "{\ufffd}".encode()


def test_text_that_ends_within_a_character_is_read_to_there():
    assert decoded(codecs.BOM_UTF16_LE + b"a\0b") == "a\ufffd".encode()


def test_other_bytes_stay_as_they_are():
    assert decoded(b"ElfFile\0\xff\xfe") == b"ElfFile\0\xff\xfe"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_xml_is_recognised_without_a_mark_too(encoding):
    assert decoded("<Events/>".encode(encoding)) == b"<Events/>"
