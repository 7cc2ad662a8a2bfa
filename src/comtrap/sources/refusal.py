"""What to say of content that no source reads."""

from __future__ import annotations

import re

_KNOWN = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which is not read; unpack it first"),
    (0, b"Rar!\x1a\x07", "a RAR archive, which is not read; unpack it first"),
    (
        4,
        b"LfLe",
        "an event log of Windows XP or 2003 (.evt); convert it: wevtutil export-log FILE.evt FILE.evtx /lf:true",
    ),
    (0, b"PARE", "encrypted Parquet, which is not read"),
    (0, b"SQLite format 3\0", "an SQLite database, which is not read; export the events as JSON lines"),
    (0, b"MZ", "a program, not a log"),
    (0, b"%PDF", "a PDF document, not a log"),
    (0, b"\xd4\xc3\xb2\xa1", "a network capture, not an event log"),
    (0, b"\x0a\x0d\x0d\x0a", "a network capture, not an event log"),
)
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z]|!--|!DOCTYPE)")
_PRINTABLE = re.compile(r"[^\x20-\x7e]")


def refusal(head: bytes) -> str:
    """A sentence that says what the content looks like, and what to do."""
    for at, magic, sentence in _KNOWN:
        if head[at:].startswith(magic):
            return sentence
    if _XML.match(head) and b"<!DOCTYPE" in head:
        return "XML that declares a document type, which no export of a log does; not read"
    if _XML.match(head):
        return (
            "XML, but no Windows events in it; expected is what wevtutil qe or Event Viewer's Save All Events As writes"
        )
    if b"\0" in head:
        return "not a log that is known: neither EVTX nor JSON, XML or Parquet, nor an archive of a kind that is read"
    first = head.strip().split(b"\n")[0][:60].decode("ascii", "replace")
    shown = _PRINTABLE.sub("?", first).strip()
    return (
        f"text, but no JSON; it begins with {shown!r}. Expected are EVTX files and JSON: lines, lists, search responses"
    )
