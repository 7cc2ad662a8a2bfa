"""Hostile files of our own making: a folder of them, for a whole run to be tried on.

`python -m tests.hostile FOLDER` writes them.
"""

from __future__ import annotations

import gzip
import io
import lzma
import random
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.sources.evtx_builder import CHUNK, FIRST, chunk, event, file

LINE = b'{"winlog":{"provider_name":"P","event_id":"1"}}\n'


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=9) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def patched(data, at, form, *values):
    """The data with some values packed into it."""
    data = bytearray(data)
    struct.pack_into(form, data, at, *values)
    return bytes(data)


def archives():
    """Bombs, archives within archives, names that point elsewhere, sizes and offsets that lie."""
    endless = b'{"a":"' + b"x" * (300 << 20)  # a record without an end, so that all of it is read
    deep, wide = LINE, zipped({"a": endless[: 10 << 20]})
    for _ in range(40):
        deep = gzip.compress(deep)
    plain = zipped({"a": LINE, "b": LINE}, zipfile.ZIP_STORED)
    listed, end = plain.index(b"PK\1\2"), plain.rindex(b"PK\5\6")
    # Every entry of the list is the same member, as in archives that overlap themselves.
    entry = wide[wide.index(b"PK\1\2") : wide.rindex(b"PK\5\6")]
    overlapping = wide[: wide.index(b"PK\1\2")] + entry * 1000
    overlapping += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1000, 1000, len(entry) * 1000, wide.index(b"PK\1\2"), 0)
    yield "bomb.zip", zipped({"bomb": endless})
    yield "bomb.gz", gzip.compress(endless)
    yield "bomb.xz", lzma.compress(endless, preset=0)
    yield "bomb-within.zip", zipped({"a.gz": gzip.compress(endless)})
    yield "overlapping.zip", overlapping
    yield "deep.gz", deep
    yield "size-small.zip", patched(plain, listed + 24, "<I", 1)
    yield "size-large.zip", patched(plain, listed + 20, "<II", 0xFFFFFF00, 0xFFFFFF00)
    yield "member-offset.zip", patched(plain, listed + 42, "<I", 0x7FFFFFFF)
    yield "list-offset.zip", patched(plain, end + 16, "<I", 0xFFFFFF00)
    yield "list-count.zip", patched(plain, end + 8, "<HH", 0xFFFF, 0xFFFF)
    yield "cut.zip", plain[: listed + 20]
    yield "names.zip", zipped(dict.fromkeys(["../../a", "/etc/passwd", "C:\\a", "a\nb", "\x1b[2J", "n" * 60_000], LINE))
    lzma_zip = zipped({"a": LINE}, zipfile.ZIP_LZMA)
    yield "dictionary.zip", patched(lzma_zip, 36, "<I", 0xFFFFFFFF)
    yield "links.tar", b"".join(_link(n) for n in range(20_000)) + bytes(1024)
    yield "size.tar", _sized(b"\x80" + b"\xff" * 11)
    yield "size.tar.gz", gzip.compress(_sized(b"77777777777\0"))


def _link(number):
    info = tarfile.TarInfo(f"link{number}")
    info.type, info.linkname = tarfile.SYMTYPE, "../../../etc/passwd"
    return info.tobuf()


def _sized(size):
    header = bytearray(tarfile.TarInfo("a").tobuf())
    header[124:136], header[148:156] = size, b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + LINE.ljust(512, b"\0")


def logs():
    """EVTX whose offsets and sizes lie, whose templates and strings go in circles; JSON and XML without end."""
    sound = chunk([event(number=n, Image=f"{n}.exe") for n in range(8)])
    at = FIRST + 24 + 4  # the first record's template instance; its definition follows
    definition = at + 10
    strings = patched(patched(sound, 128, "<I", 0xF000), 0xF000, "<IHH2sHI", 0xF100, 1, 1, b"A\0", 0, 0)
    yield "header.evtx", patched(file(sound), 40, "<HH", 0xFFFF, 0xFFFF)
    yield "used.evtx", file(patched(sound, 44, "<II", 0xFFFFFFFF, 0xFFFFFFFF))
    yield "strings.evtx", file(patched(strings, 0xF100, "<IHH2sH", 0xF000, 2, 1, b"B\0", 0))
    yield "template-itself.evtx", file(patched(patched(sound, 384, "<I", definition), definition, "<I", definition))
    yield "template-within.evtx", file(patched(sound, definition + 24 + 4, "<BBII", 0x0C, 1, 1, definition))
    yield "template-size.evtx", file(patched(sound, definition + 20, "<I", 0xFFFFFFF0))
    yield "template-offset.evtx", file(patched(sound, at + 6, "<I", 0xFFFFFFFC))
    yield "record-size.evtx", file(patched(sound, FIRST + 4, "<I", 0xFFFFFFF8))
    yield "damaged.evtx", file(*(_damaged(sound, seed, definition) for seed in range(60)))
    yield "deep.json", b'{"a":' * 500_000
    yield "wide.json", b'{"a":[' + b"1," * 3_000_000 + b"1]}"
    yield "endless.json", b'{"a":"' + b"x" * (40 << 20)
    yield "open.xml", b"<Events>" + b"<Event>" * 500_000
    yield "entities.xml", b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]><Events><Event>' + b"&b;" * 100_000


def _damaged(sound, seed, definition):
    """A chunk with some of its numbers replaced: by offsets that are somewhere else, by the largest, by any."""
    chosen = random.Random(seed)
    data = bytearray(sound)
    used = data.rindex(b"\0**\0\0", 0, CHUNK) if b"\0**\0\0" in data else CHUNK // 2
    for _ in range(20):
        value = chosen.choice([definition, FIRST, 0xFFFFFFFF, 0x7FFFFFFF, 0, chosen.randrange(1 << 32)])
        struct.pack_into("<I", data, chosen.randrange(FIRST, used), value)
    return bytes(data)


def write(folder):
    """All of them, and a sound log."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (*archives(), *logs()):
        (folder / name).write_bytes(data)
    (folder / "sound.ndjson").write_bytes(LINE)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
