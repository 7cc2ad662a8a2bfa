"""Reading bytes as a file, for tests."""

from __future__ import annotations

import io

from comtrap.events.problems import Problems
from comtrap.events.raw import Origin
from comtrap.sources.read import read
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import Stream


class Pieces:
    """A stream that gives its bytes a few at a time, then perhaps breaks."""

    def __init__(self, data, size, error=None):
        self.inner, self.size, self.error = io.BytesIO(data), size, error

    def read(self, size=-1):
        data = self.inner.read(self.size if size < 0 else min(size, self.size))
        if not data and self.error is not None:
            raise self.error
        return data


def content(data, size=1 << 20, error=None):
    """Bytes as what a source is given."""
    stream = Stream(Pieces(data, size, error))
    return Content(stream, stream.peek(HEAD), Origin("", "events"))


def rows(batches):
    """All rows as dicts without nulls, by position; with the kind under ``kind``."""
    found = [
        {"kind": batch.kind, **{k: v for k, v in row.items() if v is not None}}
        for batch in batches
        for row in batch.frame.to_pylist()
    ]
    return sorted(found, key=lambda row: row["_position"])


def everything_is_left(_self, position, text):
    """In place of `Plain.take`: no line is taken, so that each is decoded whole."""
    lines = list(io.BytesIO(text))
    return len(lines), list(enumerate(lines, position))


def file_rows(folder, data, wanted=None, name="events"):
    """The rows of a file with these bytes, and what was wrong with it."""
    path = folder / name
    path.write_bytes(data)
    problems = Problems()
    return rows(read(str(path), 0, wanted, problems)), problems


def field(found, name):
    """One column of rows."""
    return [row.get(name) for row in found]
