"""The lines of some bytes of a file."""

from __future__ import annotations

from typing import IO, cast

from comtrap.sources.edge import Edge
from comtrap.sources.section import Section

_BLOCK_BYTES = 1 << 20


def part(file: IO[bytes], start: int, stop: int) -> IO[bytes]:
    """The lines that begin in some bytes of a file."""
    return cast("IO[bytes]", Section(file, _line_start(file, start), _line_start(file, stop)))


def positions(stream: IO[bytes]) -> int:
    """How many lines there are; an empty last one is none."""
    found, last = 0, b"\n"
    while block := stream.read(_BLOCK_BYTES):
        found += block.count(b"\n")
        last = block[-1:]
    return found + (last != b"\n")


def settled(file: IO[bytes], start: int) -> Edge:
    """Up to the end of the last line that has one."""
    end = file.seek(0, 2)
    while end > start:
        begin = max(start, end - _BLOCK_BYTES)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return Edge(begin + found + 1, whole=False)
        end = begin
    return Edge(start, whole=False)


def _line_start(file: IO[bytes], at: int) -> int:
    """Where the first line begins that does not begin before a place."""
    if at == 0:
        return 0
    file.seek(at - 1)
    while block := file.read(_BLOCK_BYTES):
        found = block.find(b"\n")
        if found >= 0:
            return file.tell() - len(block) + found + 1
    return file.tell()
