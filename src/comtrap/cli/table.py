"""Answers as a table for people: when, where, and the fields that the query names."""

from __future__ import annotations

import os
import shutil
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from rich.cells import cell_len, set_cell_size

from comtrap.cli.painting import paint
from comtrap.execute.text import moment
from comtrap.explain.render.ink import Ink
from comtrap.normalise import document as documents
from comtrap.scanning.documents import json_of
from comtrap.schema.dates import span_of
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.explain.render.ink import Line
    from comtrap.scanning.query import Answer

MEASURED = 500  # rows that decide how wide the columns are
LONGEST = 10_000  # characters of a value that are looked at
LISTED = 50  # values of a field with many
NARROW = 20  # columns of a cell that are worth showing, if it has more
_GAP = "  "
_HOSTS = ("host.name", "winlog.computer_name", "host.id")
_MORE = "…"
_NONE = "no event"


class _Entry(NamedTuple):
    """A line of the table: cells, or a title above those of a sequence."""

    cells: tuple[str, ...]
    title: str = ""


def write_table(answer: Answer, fields: Sequence[str], out: TextIO) -> None:
    """Columns as wide as the terminal has room for, else a block an event; uncut where there is no terminal."""
    if not len(answer):
        out.write("Nothing found.\n")
        return
    heads = ("time", "host", *fields) if answer.is_single else ("stage", "time", "host", *fields)
    entries = _entries(answer, fields)
    measured = list(islice(entries, MEASURED))
    room = _room(out)
    widths = _widths([heads, *(e.cells for e in measured if e.cells)], room)
    every = chain(measured, entries)
    paint(_blocks(heads, every, room or 0) if widths is None else _table(heads, every, widths), out)


def _entries(answer: Answer, fields: Sequence[str]) -> Iterator[_Entry]:
    names = (answer.asked.request.timestamp_field, *fields)
    keys = answer.asked.keys
    for number, row in enumerate(answer.rows(), 1):
        if row.keys is None:
            yield _Entry(_cells(row.events[0], names))
            continue
        shared = ", ".join(f"{name} = {_text(value)}" for name, value in zip(keys, row.keys, strict=True))
        yield _Entry((), f"{number}{_GAP}{shared}".rstrip())
        for stage, event in enumerate(row.events, 1):
            cells = (_NONE, *("" for _ in names)) if event.get("missing") else _cells(event, names)
            yield _Entry((str(stage), *cells))


def _cells(event: dict[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    source = event["_source"]
    time, *values = (_text(documents.get(source, name)) for name in names)
    host = next((found for name in _HOSTS if (found := _text(documents.get(source, name)))), "")
    return (_moment(time), host, *values)


def _moment(written: str) -> str:
    """A time in UTC, to the millisecond; what is none as it is."""
    try:
        return moment(span_of(written, None)[0]).replace("T", " ").removesuffix("Z")
    except ValueError:
        return written


def _text(value: Any) -> str:
    """A value on one line, harmless to look at."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        value = json_of(value).decode()
    elif isinstance(value, list):
        value = ", ".join(str(one)[:LONGEST] for one in value[:LISTED])
    text = str(value)
    return plain(text[:LONGEST]) + (_MORE if len(text) > LONGEST else "")


def _room(out: TextIO) -> int | None:
    """Columns of the terminal; None where there is none and nobody says how many."""
    return shutil.get_terminal_size().columns if out.isatty() or "COLUMNS" in os.environ else None


def _widths(rows: Sequence[Sequence[str]], room: int | None) -> list[int] | None:
    """Of each column; None if there is not room for all of them."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if room is None:
        return widths
    free = room - len(_GAP) * (len(widths) - 1)
    least = [min(width, NARROW) for width in widths]
    least[rows[0].index("time")] = widths[rows[0].index("time")]
    if sum(least) > free:
        return None
    widths = [min(width, free) for width in widths]
    while sum(widths) > free:
        # The widest gives way, so that what is short stays whole.
        _, at = max((width, at) for at, width in enumerate(widths) if width > least[at])
        widths[at] -= 1
    return widths


def _table(heads: Sequence[str], entries: Iterable[_Entry], widths: Sequence[int]) -> Iterator[Line]:
    yield ((_joined((_tail(head, width) for head, width in zip(heads, widths, strict=True)), widths), Ink.LABEL),)
    for number, entry in enumerate(entries):
        if entry.title:
            yield from [()] * bool(number)
            yield ((entry.title, Ink.STRONG),)
        else:
            yield ((_joined((_cut(c, w) for c, w in zip(entry.cells, widths, strict=True)), widths), Ink.TEXT),)


def _blocks(heads: Sequence[str], entries: Iterable[_Entry], room: int) -> Iterator[Line]:
    """Every value on a line of its own."""
    shown = heads.index("host") + 1
    label = max(map(len, heads[shown:]), default=0)
    for number, entry in enumerate(entries):
        if entry.title or (heads[0] != "stage" and number):
            yield from [()] * bool(number)
        if entry.title:
            yield ((_cut(entry.title, room), Ink.STRONG),)
            continue
        yield ((_cut(_GAP.join(entry.cells[:shown]), room), Ink.STRONG),)
        for head, cell in zip(heads[shown:], entry.cells[shown:], strict=True):
            if cell:
                name = f"{_GAP}{head:<{label}}{_GAP}"
                yield (name, Ink.LABEL), (_cut(cell, max(8, room - len(name))), Ink.TEXT)


def _joined(cells: Iterable[str], widths: Sequence[int]) -> str:
    return _GAP.join(set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + _MORE


def _tail(name: str, width: int) -> str:
    """A field's name cut from its front: its end tells more."""
    return name if len(name) <= width else _MORE + name[len(name) - width + 1 :]
