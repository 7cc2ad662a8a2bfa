"""What fuzzing begins with: small inputs of every form that a reader knows."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
from tests.sources import xml_builder
from tests.sources.evtx_builder import FIRST, Typed, boolean, chunk, event, file, text


def _user_data(xml):
    xml.element("UserData", {}, lambda: xml.element("E", {}, lambda: xml.element("A", {}, text("x"))))


def logs():
    """Whole files and chunks, and what is in the place of a chunk's records; see `targets.chunks_of`."""
    texts = Typed(0x81, "one\0two\0".encode("utf-16-le"))
    odd = lambda xml: xml.element("ProcessingErrorData", {}, lambda: xml.element("A", {}, "1"))  # noqa: E731
    unnamed = lambda xml: xml.element("EventData", {}, lambda: xml.element("Data", {}, texts))  # noqa: E731
    chunks = [
        chunk([event(code, code, Image="a.exe", CommandLine=text("a -b"), Is=boolean(True)) for code in range(1, 6)]),
        chunk([event(2, body=_user_data), event(5, body=unnamed), event(5, List=texts)]),
        chunk([event(5, body=odd), event(5)]),
    ]
    framed = [b"F" + each[FIRST:].rstrip(b"\0") + bytes(8) for each in chunks]
    slack = b"R" + chunks[1][: FIRST + 700] + chunks[0][FIRST + 700 : FIRST + 5000]
    return [slack, b"R" + file(chunks[0])[: 4096 + FIRST + 3000], b"R" + chunks[1][: FIRST + 1500], *framed]


def _documents():
    data = {"Image": "a.exe", "A": {"B": "c"}, "N": 1}
    winlog = {"provider_name": "P", "channel": "C", "computer_name": "H", "record_id": 7, "event_data": data}
    beats = [
        {
            "@timestamp": "2024-01-01T00:00:00Z", "agent": {"type": "winlogbeat"}, "host": {"name": "h"},
            "winlog": winlog | {"event_id": str(code)}, "message": "m",
        }
        for code in range(5)
    ]  # fmt: skip
    return [
        *beats,
        {"@timestamp": "2024-01-01T00:00:00Z", "winlog.event_id": 1, "winlog.provider_name": "P", "winlog.event_data.Image": ["x"]},
        {"_index": "logs-x", "_id": "1", "_source": beats[0]},
        {"@timestamp": "2024-01-01T00:00:00Z", "event": {"category": ["process"]}, "process": {"name": "a.exe", "pid": 5}},
        {"EventID": 1, "SourceName": "Microsoft-Windows-Sysmon", "Channel": "C", "Image": "a", "EventTime": "2024-01-01 00:00:00"},
        {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": "P"}}, "EventID": {"#text": 1, "#attributes": {"Qualifiers": 0}},
                    "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:00Z"}},
                },
                "EventData": {"Data": {"#text": ["a", "b"]}},
            }
        },
    ]  # fmt: skip


def lines():
    """Documents of all shapes, one a line."""
    made = [json.dumps(each).encode() for each in _documents()]
    return [
        b"\n".join(made[:6]) + b"\n",
        b"\r\n".join(made[4:]),
        b"\xef\xbb\xbf" + made[0] + b"\n\n{\n" + made[7],
        *made[5:],
    ]


def values():
    """Lists, responses, objects over several lines."""
    documents = _documents()
    return [
        json.dumps(documents[:3]).encode(),
        json.dumps({"took": 1, "hits": {"hits": [documents[6]]}}).encode(),
        json.dumps({"hits": {"events": [documents[6]], "total": 1}}, indent=1).encode(),
        json.dumps(documents[9], indent=2).encode() + b"\n" + json.dumps(documents[8], indent=2).encode(),
        b'[{"n":1},{"n":},5,"]}",[[{"a":"\\"}"}]],{"n"',
    ]


def markup():
    """Events with and without a root element, as Windows renders them."""
    one = xml_builder.xml(Image="a.exe", CommandLine="a & <b>")
    two = xml_builder.xml(4, body="<UserData><E xmlns='u'><A>x</A><A>y</A></E></UserData>", after=xml_builder.RENDERED)
    return [
        f"<?xml version='1.0' encoding='utf-8' standalone='yes'?><Events>{one}{two}</Events>".encode(),
        f"{one}\r\n{two}".encode(),
        xml_builder.pretty(one).encode("utf-16"),
        f'<?xml version="1.0" encoding="windows-1252"?><Events><!-- x -->{one}</Events>'.encode("cp1252"),
        b"<Events><Event><System/><EventData><Data>a</Data><Data>b</Data>&#0;\x01</EventData></Event></Event><Event>",
    ]


def tables():
    """Parquet with ECS columns, dotted and nested, and with others."""
    nested = pa.array(
        [{"name": "a", "args": ["x"]}, None], pa.struct({"name": pa.string(), "args": pa.list_(pa.string())})
    )
    ecs = {"@timestamp": ["2024-01-01T00:00:00Z", None], "event.code": ["1", "2"], "process": nested}
    out = []
    for columns, options in (
        (ecs, {"compression": "none"}),
        (ecs, {"compression": "snappy", "use_dictionary": False, "data_page_version": "2.0"}),
        ({"n": [1, 2], "f": [1.5, None], "b": [b"\xff", b""]}, {"compression": "zstd"}),
    ):
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer, **options)
        out.append(buffer.getvalue())
    return out


_LINES = b'{"n":1}\n{"n":2}\n'


def zips():
    """Zip archives by method, one within another."""
    out = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            archive.writestr("a/b.json", _LINES)
            archive.writestr("__MACOSX/._b", b"x")
            archive.writestr("inner.zip" if out else "c.gz", out[-1] if out else gzip.compress(_LINES, mtime=0))
        out.append(buffer.getvalue())
    return out


def tars():
    """Tar archives of all dialects, compressed ones and such with long names."""
    out = []
    for dialect in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=dialect) as archive:
            for name in ("a.json", "d/" * 30 + "b.json", "\u00e9" * 30):
                info = tarfile.TarInfo(name)
                info.size = len(_LINES)
                archive.addfile(info, io.BytesIO(_LINES))
        out.append(buffer.getvalue()[:-8192])
    return [*out, gzip.compress(out[0], mtime=0)]


def compressed():
    """One of each kind of compressed file."""
    arrow = [pa.compress(_LINES, codec, asbytes=True) for codec in ("zstd", "lz4")]
    return [
        gzip.compress(_LINES, mtime=0) * 2,
        bz2.compress(_LINES),
        lzma.compress(_LINES) * 2,
        *arrow,
        gzip.compress(arrow[0], mtime=0),
    ]


def texts():
    """Text in all encodings, and what is none."""
    line, one = lines()[-1].decode(), xml_builder.xml(Image="\u00e9")
    return [
        *(line.encode(encoding) for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig")),
        one.encode("utf-16"), one.encode("utf-16-be"), b"\xff\xfe\x00\xd8\x00", b"LfLe", b"MZ\x90", b"\xd0\xcf\x11\xe0",
    ]  # fmt: skip


def queries():
    """EQL of every form."""
    return [
        each.encode()
        for each in (
            'process where process.name : ("a*", "b?") and not length(x.y) > 3 or `a-b` == 1.5e3',
            "sequence by host.id, ?user.id with maxspan=1m [any where true] by a with runs=2 ![file where x] by b until [any where a]",
            "sample by a [any where b == null] [c where d in~ (1, 2)] | head 5",
            'any where a regex~ """x.*""" and -1 + 2 * (3 - a[0]) != 4 % 3 // c\n and /* d */ "\\u{1f600}" : a',
            '?a.b like "x" and cidrMatch(s, "10.0.0.0/8") | tail 3',
        )
    ]
