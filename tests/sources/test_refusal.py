"""What is said of files that are no logs."""

from __future__ import annotations

import pytest

from comtrap.sources.refusal import refusal


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"0\0\0\0LfLe\1\0\0\0", "wevtutil export-log"),
        (b'<?xml version="1.0"?><Sysmon>', "XML, but no Windows events"),
        (b"<html>", "XML, but no Windows events"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>", "declares a document type"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip"),
        (b"Rar!\x1a\x07\1\0", "RAR"),
        (b"PARE\0\0", "encrypted Parquet"),
        (b"MZ\x90\0", "a program"),
        (b"\x13\x37\0\0", "neither EVTX nor JSON"),
        (b"EventID,Image\n1,a.exe\n", "begins with 'EventID,Image'"),
        (b"\xff\x1b[2Jtext", "begins with '??[2Jtext'"),
    ],
)
def test_the_sentence_says_what_it_looks_like(head, words):
    assert words in refusal(head)
