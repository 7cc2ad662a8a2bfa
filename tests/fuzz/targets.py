"""What each reader is fuzzed with, and what has to hold whatever it is given.

Nothing but a SourceError comes out; every record is a row or counted; a row can be fetched whole; a table is what it
says (valid UTF-8, offsets within bounds). Work that a process of its own does in a run is done in this one where it is
Python, so that nothing hides what it raises.
"""

from __future__ import annotations

import importlib
import io
import struct
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
from tests.fuzz import seeds
from tests.sources.reading import content, everything_is_left

from comtrap.errors import ParseError, SourceError
from comtrap.events.origin import Origin
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.lang.parse import parse
from comtrap.lang.unparse import unparse
from comtrap.sources import archives, evtx, json_values, ndjson, parquet, stream, xml
from comtrap.sources.child import Limits
from comtrap.sources.elements import elements
from comtrap.sources.evtx import fallback
from comtrap.sources.evtx.chunk import CHUNK_BYTES, CHUNK_MAGIC, FIRST_BYTES
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.plain import Plain
from comtrap.sources.refusal import refusal
from comtrap.sources.registered import source_of
from comtrap.sources.text import as_utf8
from comtrap.sources.xml_split import root, split

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = frozenset(
    {"@timestamp", "host.name", "message", "process.name", "winlog.event_data.Image", "winlog.user_data.A"}
)
FEW = frozenset({"winlog.event_data.Image"})
RAW, FRAMED = b"R", b"F"
"""The first byte of what the EVTX reader is fuzzed with: whole chunks, or what a sound chunk has in place of its records."""


_definitions = importlib.import_module("comtrap.sources.evtx.read")._definitions


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        run: gives it some bytes; raises if anything is wrong.
        seeds: what bytes to begin with.
        longest_bytes: inputs worth trying.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    longest_bytes: int = 1 << 14


def narrowed(kind, brought):
    """By event id: all, some, or nothing is wanted."""
    return (COLUMNS, FEW | (brought & COLUMNS), frozenset(), FEW | {"winlog.channel"}, frozenset({"winlog.channel"}))[
        kind[1] % 5
    ]


WANTED = (None, Wanted(COLUMNS), Wanted(COLUMNS, narrowed))


def taken(source, data, wanted, *, size=1 << 20, manner=ORDINARY):
    """How many records there are, rows and skipped ones, and the problems; all rows are looked at."""
    problems, seen = Problems(), set()
    given = replace(as_utf8(content(data, size)), manner=manner)
    found = source.read(given, wanted, problems)
    with suppress(SourceError):
        for batch in found:
            seen = looked_at(batch, seen)
    return len(seen) + problems.skipped.total(), seen, problems


def looked_at(batch, seen):
    """The members and positions seen so far and those of a batch, whose rows are fetched whole."""
    batch.frame.validate(full=True)
    positions = batch.frame["_position"].to_pylist()
    assert positions, "a batch of nothing"
    assert all(one < other for one, other in pairwise(positions)), "positions do not ascend"
    places = {(batch.origin.member, position) for position in positions}
    assert seen.isdisjoint(places), "a position twice"
    whole = batch.fetch(np.arange(len(positions)))
    whole.frame.validate(full=True)
    assert whole.frame["_position"].to_pylist() == positions
    assert whole.kind == batch.kind
    return seen | places


def chunks_of(data):
    """The file that an input of the EVTX reader stands for."""
    if data[:1] != FRAMED:
        return data[1:]
    records = data[1:]
    out = bytearray()
    for start in range(0, max(len(records), 1), CHUNK_BYTES - FIRST_BYTES):
        some = records[start : start + CHUNK_BYTES - FIRST_BYTES]
        head = bytearray(FIRST_BYTES)
        struct.pack_into("<8sQQQQIII", head, 0, CHUNK_MAGIC, 1, 1, 1, 1, 128, 0, FIRST_BYTES + len(some))
        out += (head + some).ljust(CHUNK_BYTES, b"\0")
    return bytes(out)


def log(data):
    """Event log files; the `evtx` package works in its own process, with less time."""
    data = chunks_of(data)
    if not evtx.sniff(data):
        return
    with suppress(SourceError):
        slots = evtx_positions(data)
        with mock.patch.object(fallback, "LIMITS", Limits(seconds=2, memory_bytes=512 << 20)):
            for wanted in WANTED:
                _definitions.cache_clear()
                count, places, _ = taken(evtx, data, wanted)
                assert count == slots, f"{count} of {slots} records"
                assert all(position < slots for _, position in places)
            count, places, problems = taken(evtx, data, WANTED[1], manner=Manner(slack=True, verify=True))
            assert count == slots + problems.notes["slack record"]
            assert all(position < slots for member, position in places if member is None)
            assert len(list(evtx.doubts(data[:4096]))) <= 1


def evtx_positions(data):
    """How many records there are, as those see it who share out a file."""
    file = io.BytesIO(data)
    return evtx.positions(stream.Stream(evtx.part(file, 0, len(data))))


def lines(data):
    """JSON lines, decoded in part and whole."""
    plain = as_utf8(content(data))
    expected = sum(1 for line in io.BytesIO(stream.exactly(plain.stream, 1 << 30)) if line.strip())
    found = [taken(ndjson, data, wanted) for wanted in WANTED]
    with mock.patch.object(Plain, "take", everything_is_left):
        found.append(taken(ndjson, data, WANTED[1], size=100))
    for count, positions, problems in found:
        assert count == expected, f"{count} of {expected} lines"
        assert positions == found[0][1]
        assert (problems.skipped, problems.notes) == (found[0][2].skipped, found[0][2].notes)


def values(data):
    """JSON lists, search responses, objects over several lines."""
    expected = 0
    with suppress(SourceError):
        for block in elements(as_utf8(content(data)).stream):
            expected += len(block)
    counts = [taken(json_values, data, wanted, size=size)[0] for wanted, size in ((None, 1 << 20), (WANTED[1], 7))]
    assert counts == [expected, expected]


def markup(data):
    """XML; parsed in this process."""
    plain = as_utf8(content(data))
    around = root(plain.head)
    if around is None:
        return
    expected = 0
    with suppress(SourceError):
        for block in split(plain.stream, around):
            expected += len(block)
    with mock.patch.object(xml, "run", lambda function, request: function(request)):
        assert [taken(xml, data, wanted)[0] for wanted in WANTED[:2]] == [expected, expected]


def columns(data):
    """Parquet; decoded in its own process."""
    if not parquet.sniff(data):
        return
    for wanted in WANTED[:2]:
        taken(parquet, data, wanted)


def packed(data):
    """Archives and compressed files; unpacked in this process."""
    problems = Problems()
    allowance = stream.Allowance(len(data))
    with suppress(SourceError), mock.patch.object(stream, "FREE_BYTES", 16 << 20):
        members = archives.contents(
            stream.Stream(io.BytesIO(data)), Origin("", "x"), allowance, problems, (b"infected",)
        )
        for member in members:
            assert member.origin.member is None or isinstance(member.origin.member, str)
            with suppress(SourceError):
                while member.stream.read(1 << 16):
                    pass
            str(member.origin.name).encode()
    "".join(problems.first).encode()


def text(data):
    """Whatever it may be, in whatever encoding: told by its first bytes, and read."""
    plain = as_utf8(content(data))
    source = source_of(plain.head)
    if source is None:
        assert refusal(plain.head)
        return
    if source not in (evtx, parquet):
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(xml, "run", lambda function, request: function(request)))
            taken(source, data, WANTED[1])


def query(data):
    """EQL: refused with places to point at, or parsed to a tree that can be written and parsed again."""
    written = data.decode("utf-8", "surrogateescape")
    refused = None
    try:
        found = parse(written)
    except ParseError as error:
        refused = error
    if refused is None:
        assert parse(unparse(found)) == found
        return
    assert refused.diagnostics
    assert all(0 <= label.span.start <= label.span.end for d in refused.diagnostics for label in d.labels)
    assert str(refused).encode()


TARGETS = {
    "evtx": Target(log, seeds.logs, 1 << 16),
    "ndjson": Target(lines, seeds.lines),
    "json": Target(values, seeds.values),
    "xml": Target(markup, seeds.markup),
    "parquet": Target(columns, seeds.tables, 1 << 15),
    "zip": Target(packed, seeds.zips),
    "tar": Target(packed, seeds.tars),
    "compressed": Target(packed, seeds.compressed),
    "text": Target(text, seeds.texts),
    "eql": Target(query, seeds.queries, 1 << 12),
}
