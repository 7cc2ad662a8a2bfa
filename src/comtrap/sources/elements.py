"""The values of a JSON text that is more than lines: of a list, of a search response, or one after another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np

from comtrap.sources.record import BAD_JSON, NO_OBJECT, SIZE_BYTES, TOO_LONG, BadRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
_SEPARATORS = b" \t\r\n,"
_SCALARS = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^,"])+', re.DOTALL)
_LOOK_BACK = 40  # bytes before a bracket in which its key and a colon are looked for
_HITS = re.compile(rb'"hits"\s*:\s*\Z')
_RECORDS = re.compile(rb'"(?:hits|events)"\s*:\s*\Z')
_RESPONSE_DEPTH = 3  # {"hits": {"hits": [ : the records of a search response lie this deep

TRUNCATED = "truncated"

Element: TypeAlias = bytes | BadRecordError


def elements(stream: BinaryIO) -> Iterator[list[Element]]:
    """Each record's text in order, many at a time; an error in the place of what is no record.

    Records are the elements of lists, the hits of Elasticsearch's responses, and objects beside one another. No more
    than a block and the longest record are held.

    Raises:
        SourceError: the stream breaks off; the records before it were given.
    """
    splitter = Splitter()
    while block := stream.read(BLOCK_BYTES):
        yield splitter.feed(block)
    yield splitter.end()


@dataclass(slots=True)
class Splitter:
    """Where in the text one is; fed block by block.

    Attributes:
        level: how many brackets are open around a record.
        start: where the record begins in what is held, None between records.
        lost: whether the record's bytes were too many to hold.
        tail: whether a response's records are over and the response is not.
        in_hits: whether the last object at depth 2 was called "hits".
    """

    level: int = 0
    start: int | None = None
    lost: bool = False
    tail: bool = False
    in_hits: bool = False
    _depth: int = 0
    _inside: int = 0
    _escaped: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _cut: int = 0
    _out: list[Element] = field(default_factory=list)

    def feed(self, block: bytes) -> list[Element]:
        """The records that are complete now."""
        offset = len(self._held)
        self._held += block
        for at, depth, opens in self._brackets(block):
            if opens:
                self._open(at + offset, depth)
            else:
                self._close(at + offset, depth)
        self._drop()
        self._cut = 0  # what came before it is not held any more
        out, self._out = self._out, []
        return out

    def end(self) -> list[Element]:
        """What is left, which is no whole record."""
        if self.start is not None or self.lost:
            self._out.append(BadRecordError(TRUNCATED, "the text ends within a record"))
        else:
            self._between(len(self._held))
            if self.level or self.tail:
                self._out.append(BadRecordError(TRUNCATED, "the text ends before its list does"))
        return self._out

    def _open(self, at: int, depth: int) -> None:
        is_list = self._held[at] == ord("[")
        if self.tail:
            return
        if self.start is None and not self.lost:
            if depth != self.level + 1:
                return
            self._between(at)
            if self.level == 0 and is_list:
                self.level, self._cut = 1, at + 1
            else:
                self.start = at
        elif self.level == 0 and not self.lost and depth <= _RESPONSE_DEPTH:
            self._look_for_hits(at, depth, is_list=is_list)

    def _look_for_hits(self, at: int, depth: int, *, is_list: bool) -> None:
        before = bytes(self._held[max(self._cut, at - _LOOK_BACK) : at])
        if depth == _RESPONSE_DEPTH - 1:
            self.in_hits = not is_list and _HITS.search(before) is not None
        elif depth == _RESPONSE_DEPTH and self.in_hits and is_list and _RECORDS.search(before) is not None:
            self.level, self.start, self._cut = depth, None, at + 1

    def _close(self, at: int, depth: int) -> None:
        if self.tail:
            self.tail = depth > 0
            self._cut = at + 1
        elif depth == self.level and (self.start is not None or self.lost):
            self._complete(at + 1)
        elif depth < self.level:
            self._between(at)
            self.tail = depth > 0
            self.level, self._cut = 0, at + 1

    def _complete(self, end: int) -> None:
        if self.lost:
            self._out.append(BadRecordError(TOO_LONG, f"a record of more than {SIZE_BYTES >> 20} MiB"))
        else:
            self._out.append(bytes(self._held[self.start : end]))
        self.start, self.lost, self.in_hits, self._cut = None, False, False, end

    def _between(self, end: int) -> None:
        """What lies between records: separators, or values that are no records."""
        rest = bytes(self._held[self._cut : end]).strip(_SEPARATORS)
        self._cut = end
        if not rest:
            return
        for value in _SCALARS.findall(rest) if self.level else [rest]:
            if self.level and value.strip():
                self._out.append(BadRecordError(NO_OBJECT, "a JSON value, expected an object"))
            elif value.strip():
                self._out.append(BadRecordError(BAD_JSON, "text between records"))

    def _drop(self) -> None:
        """Forget what is done with, and what is too long to hold."""
        if self.tail or self.lost:
            self._held.clear()
            self.start = None
            return
        keep = self._cut if self.start is None else self.start
        del self._held[:keep]
        if self.start is not None:
            self.start = 0
        if len(self._held) > SIZE_BYTES:
            if self.start is None:
                self._between(len(self._held))
            self.lost = self.start is not None
            self.start = None
            self._held.clear()

    def _brackets(self, block: bytes) -> Iterator[tuple[int, int, bool]]:
        """Brackets outside strings, not deeper than need be: where, how many are open after it, whether it opens."""
        found = np.frombuffer(block, np.uint8)
        folded = found | 0x20
        at = np.flatnonzero((folded == ord("{")) | (folded == ord("}")))
        quotes = self._quotes(found)
        outside = ((np.searchsorted(quotes, at) + self._inside) & 1) == 0
        self._inside = (self._inside + len(quotes)) & 1
        at = at[outside]
        opens = (folded[at] == ord("{")) if len(at) else np.zeros(0, bool)
        depths = self._depths(opens)
        shallow = np.flatnonzero(depths <= np.where(opens, _RESPONSE_DEPTH + 1, _RESPONSE_DEPTH))
        return zip(at[shallow].tolist(), depths[shallow].tolist(), opens[shallow].tolist(), strict=True)

    def _depths(self, opens: np.ndarray) -> np.ndarray:
        depths = self._depth + np.cumsum(np.where(opens, 1, -1))
        if len(depths) and depths.min() < 0:
            # More is closed than was open: what closes nothing does not count.
            now = self._depth
            for row, is_open in enumerate(opens.tolist()):
                now = now + 1 if is_open else max(0, now - 1)
                depths[row] = now
        if len(depths):
            self._depth = int(depths[-1])
        return depths

    def _quotes(self, found: np.ndarray) -> np.ndarray:
        """Quotes that begin or end strings: those not after an odd number of backslashes."""
        quotes = np.flatnonzero(found == ord('"'))
        slashes = np.flatnonzero(found == ord("\\"))
        escaped_first, self._escaped = self._escaped, False
        if escaped_first and len(quotes) and quotes[0] == 0:
            quotes = quotes[1:]
        if not len(slashes):
            return quotes
        begins = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        lengths = np.diff(begins, append=len(slashes))
        if escaped_first and slashes[0] == 0:
            lengths[0] -= 1
        ends = slashes[begins] + np.diff(begins, append=len(slashes))
        escaped = ends[lengths & 1 == 1]
        self._escaped = bool(len(escaped) and escaped[-1] == len(found))
        return quotes[~np.isin(quotes, escaped, assume_unique=True)]
