"""The `evtx` package at work, in a process of its own (see `child`); it knows nothing of the rest of the reader."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from evtx import PyEvtxParser

from comtrap.errors import SourceError
from comtrap.sources.child import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_BYTES = 64 << 20
"""How much text one chunk of 64 KiB may give: a template can have the same value many times."""

NUMBER_BYTES = 8
_SMALLEST_BYTES = 28


def records(request: bytes) -> Iterator[bytes]:
    """The records of some logs, an answer for each log: packed, each its number in eight bytes and its JSON text.

    Args:
        request: files of one chunk each, packed.

    Raises:
        SourceError: one gives more text than it may.
    """
    for file in unpacked(request):
        found = _found(file)
        yield packed(number.to_bytes(NUMBER_BYTES, "little") + text for number, text in found.items())


def _found(file: bytes) -> dict[int, bytes]:
    """Each record that can be decoded, by the number in its header."""
    found: dict[int, bytes] = {}
    failures = size_bytes = 0
    try:
        left = PyEvtxParser(io.BytesIO(file), 1).records_json()
        while failures < len(file) // _SMALLEST_BYTES:
            try:
                record = next(left, None)
            except RuntimeError:
                failures += 1
                continue
            if record is None:
                break
            text = found[record["event_record_id"]] = record["data"].encode("utf-8", "replace")
            size_bytes += len(text)
            if size_bytes > TEXT_BYTES:
                break
    except BaseException as error:
        # What the parser's code did not expect arrives as an exception that is no Exception.
        if type(error).__name__ != "PanicException" and not isinstance(error, RuntimeError):
            raise
    if size_bytes > TEXT_BYTES:
        raise SourceError(f"it gives more than {TEXT_BYTES >> 20} MiB of text")
    return found
