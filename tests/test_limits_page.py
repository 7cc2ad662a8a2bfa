"""The page of limits: each row says what the code says, and each limit does what its row says."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import zipfile
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.material import process, rule, write
from tests.normalise.build import POWERSHELL, SYSMON, raw, record
from tests.remote.server import ElasticServer, Fault
from tests.scanning.test_part import run as scanned
from tests.scanning.writers.test_parquet import write as written_as_parquet
from tests.sources import child_functions
from tests.sources.evtx.oracle import by_us
from tests.sources.evtx.test_fallback import odd
from tests.sources.evtx_builder import file as evtx_file
from tests.sources.reading import content, file_rows
from tests.sources.test_archives import LINES, inside, zipped, zipped_as

from comtrap.alerts.store import Store
from comtrap.cli import passwords
from comtrap.com import clsid, command_line
from comtrap.errors import DeployError, PluginError, QueryError, SourceError
from comtrap.events.problems import Problems
from comtrap.events.raw import RawBatch
from comtrap.execute.hits import HITS
from comtrap.normalise.script_blocks import ScriptBlocks
from comtrap.remote.access import Access
from comtrap.remote.address import PREFIX, address
from comtrap.remote.elasticsearch import Cluster
from comtrap.scan import scan
from comtrap.scanning import documents, part
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.writers import parquet
from comtrap.sinks.elasticsearch import opened
from comtrap.sources import archives, batches, child, evtx_package, ndjson
from comtrap.sources.child import Limits
from comtrap.sources.evtx import fallback
from comtrap.sources.parquet_rows import UNFIT
from comtrap.sources.read import read
from comtrap.sources.record import TOO_DEEP, TOO_LONG
from comtrap.sources.stream import Allowance, SpentError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "limits.md"
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<value>[\d,]+)(?: (?P<unit>s|[KMG]iB))? \| [^|]+ \| `(?P<name>[\w.]+)` \|$"
)
UNITS = {None: 1, "s": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
PROOFS = {}


def rows():
    """Constants and their values, as the page has them."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "| value |" not in line]
    found = [ROW.match(line) for line in lines]
    assert None not in found
    return {m["name"]: int(m["value"].replace(",", "")) * UNITS[m["unit"]] for m in found}


def proves(*names):
    """A function of a limit's value that fails if the limit is not held."""

    def listed(function):
        PROOFS.update(dict.fromkeys(names, function))
        return function

    return listed


def held(name):
    """A constant of the code."""
    parts = name.split(".")
    for at in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(("comtrap", *parts[:at])))
        except ModuleNotFoundError:
            continue
        for each in parts[at:]:
            found = getattr(found, each)
        return found
    raise AssertionError(name)


@pytest.mark.parametrize(("name", "value"), rows().items())
def test_the_page_says_what_the_code_says(name, value):
    assert held(name) == value


def test_every_row_has_a_proof():
    assert PROOFS.keys() == rows().keys()


@pytest.mark.parametrize("name", rows())
def test_the_limit_is_held(name, tmp_path, monkeypatch):
    PROOFS[name](rows()[name], tmp_path, monkeypatch)


def skipped(folder, line):
    """What is counted of a line, where the next is read."""
    found, problems = file_rows(folder, line + b"\n" + b'{"n":1}\n')
    assert found[-1]["n"] == "1"
    return dict(problems.skipped)


@proves("sources.record.SIZE_BYTES")
def record_bytes(value, folder, _monkeypatch):
    def line(size):
        return b'{"a":"' + b"x" * (size - 8) + b'"}'

    assert skipped(folder, line(value - 1)) == {}
    assert skipped(folder, line(value + 1)) == {TOO_LONG: 1}


@proves("sources.record.VALUES")
def record_values(value, folder, _monkeypatch):
    assert skipped(folder, b'{"a":[' + b"1," * (value + 1) + b"1]}") == {TOO_LONG: 1}


@proves("sources.record.DEPTH")
def record_depth(value, folder, _monkeypatch):
    def line(depth):
        return b'{"a":' * depth + b"1" + b"}" * depth

    assert skipped(folder, line(value)) == {}
    assert skipped(folder, line(value + 1)) == {TOO_DEEP: 1}


@proves("com.command_line.DEPTH")
def encoded_commands(value, _folder, _monkeypatch):
    text = "calc.exe"
    for _ in range(value + 1):
        text = "powershell -enc " + base64.b64encode(text.encode("utf-16-le")).decode()

    assert len(command_line.decoded(text)) == value


@proves("com.clsid.LIMIT")
def class_ids(value, _folder, _monkeypatch):
    text = " ".join(f"{{0000000A-0000-0000-0000-{n:012}}}" for n in range(value + 1))

    assert len(clsid.find(text)) == value


@proves("sources.archives.DEPTH")
def archive_depth(value, _folder, _monkeypatch):
    data = LINES
    for _ in range(value):
        data = zipped({"a": data})

    assert len(inside(data)[0]) == 1
    assert inside(zipped({"a": data}))[0] == []


@proves("sources.archives.MEMBERS")
def archive_members(_value, _folder, monkeypatch):
    monkeypatch.setattr(archives, "MEMBERS", 2)
    found, problems = inside(zipped_as(["a", "b", "c"]))

    assert len(found) == 2
    assert "more than 2 members" in problems.failed["input"]


@proves("sources.archives.NAME")
def member_names(value, _folder, _monkeypatch):
    ((name, _),) = inside(zipped_as(["n" * (value + 1)]))[0]

    assert name == "n" * value + "\u2026"


@proves("sources.archives.MEMORY_BYTES")
def archive_in_memory(value, _folder, monkeypatch):
    made = []
    monkeypatch.setattr(
        archives.tempfile, "SpooledTemporaryFile", lambda max_size: made.append(max_size) or io.BytesIO()
    )
    inside(zipped({"a.zip": zipped({"b": LINES})}))

    assert set(made) == {value}


@proves("sources.stream.FREE_BYTES", "sources.stream.RATIO", "sources.stream.TOTAL_BYTES")
def unpacked_bytes(value, _folder, _monkeypatch):
    packed_bytes, most = {500: (1 << 20, 500 << 20), 256 << 20: (0, 256 << 20), 64 << 30: (1 << 40, 64 << 30)}[value]
    allowance = Allowance(packed_bytes)
    allowance.spend(most)
    with pytest.raises(SpentError):
        allowance.spend(1)


@proves("sources.decompressors.DICTIONARY_BYTES")
def dictionaries(value, _folder, _monkeypatch):
    data = bytearray(zipped({"a": LINES}, zipfile.ZIP_LZMA))
    data[36:40] = (value + 1).to_bytes(4, "little")

    assert "MiB of memory" in inside(bytes(data))[1].failed["input!a"]


@proves("cli.passwords.MOST")
def many_passwords(value, _folder, _monkeypatch):
    def given(count):
        return passwords.passwords_of(Namespace(password=[str(n) for n in range(count)], password_file=[]))

    assert len(given(value)) == value
    with pytest.raises(SourceError):
        given(value + 1)


@proves("sources.child.LIMITS.seconds")
def seconds(_value, _folder, _monkeypatch):
    with pytest.raises(SourceError, match="took longer"):
        child.run(child_functions.loops, b"", Limits(seconds=0.3))


@proves("sources.child.LIMITS.memory_bytes")
def memory(value, _folder, _monkeypatch):
    if sys.platform == "linux":
        with pytest.raises(SourceError, match=f"more than {value >> 20:,} MiB of memory"):
            child.run(child_functions.eats, b"x" * 64)


@proves("sources.evtx.fallback.LIMITS.seconds", "sources.evtx.fallback.LIMITS.memory_bytes")
def chunk_limits(_value, _folder, monkeypatch):
    """They are those of the process that gets the chunks; `tests/sources/evtx/test_fallback.py` has one that loops."""
    given = []
    stream = fallback.stream
    monkeypatch.setattr(
        fallback, "stream", lambda f, request, limits: given.append(limits) or stream(f, request, limits)
    )
    by_us(evtx_file(odd()))

    assert given == [fallback.LIMITS]


@proves("sources.evtx_package.TEXT_BYTES")
def chunk_text(_value, _folder, monkeypatch):
    monkeypatch.setattr(evtx_package, "TEXT_BYTES", 10)
    monkeypatch.setattr(fallback, "stream", lambda function, request, _limits: function(request))

    assert by_us(evtx_file(odd()))[1].skipped == {fallback.STOPPED: 1}


@proves("sources.evtx.fallback.STOPS")
def chunk_stops(value, _folder, monkeypatch):
    calls = []

    def stops(*_):
        calls.append(1)
        raise SourceError("stopped")

    monkeypatch.setattr(fallback, "stream", stops)

    assert by_us(evtx_file(*[odd()] * (value + 3)))[1].skipped == {fallback.STOPPED: value + 3}
    assert len(calls) == value


@proves("sources.batches.HELD_BYTES")
def batch_bytes(_value, _folder, monkeypatch):
    lines = b'{"a":"%s"}\n' % (b"x" * 300_000) * 9
    assert len(list(ndjson.read(content(lines), None, Problems()))) == 1
    monkeypatch.setattr(batches, "HELD_BYTES", 300_000)

    assert len(list(ndjson.read(content(lines), None, Problems()))) > 3


@proves("sources.batches.HELD_LARGE_BYTES")
def large_batch_bytes(_value, _folder, monkeypatch):
    monkeypatch.setattr(batches, "HELD_LARGE_BYTES", 500_000)

    def sizes(length, count):
        found = ndjson.read(content(b'{"a":"%s"}\n' % (b"x" * length) * count), None, Problems())
        return [batch.frame.num_rows for batch in found]

    assert max(sizes(300_000, 9)) <= 3
    assert sizes(100_000, 27) == [27]


@proves("normalise.script_blocks.SIZE_BYTES")
def script_parts(value, _folder, _monkeypatch):
    def part(number, size):
        data = {"MessageNumber": "1", "MessageTotal": "2", "ScriptBlockId": str(number), "ScriptBlockText": "x" * size}
        return raw((POWERSHELL, 4104), [record((POWERSHELL, 4104), data)], 0, [number])

    blocks = ScriptBlocks()
    assert list(blocks.feed(part(0, value - 10_000))) == []
    (first,) = blocks.feed(part(1, 10_000))
    assert first.frame["_position"].to_pylist() == [0]


@proves("remote.address.LONGEST")
def address_length(value, _folder, _monkeypatch):
    start = "elasticsearch+https://h/"
    most = ",".join(["a" * 99] * value)[: value - len(start)]
    assert address(start + most).index == most
    with pytest.raises(PluginError):
        address(start + most + "a")


@proves("remote.elasticsearch.RETRIES", "remote.elasticsearch.LONGEST_WAIT")
def tries(value, _folder, _monkeypatch):
    slept = []
    with ElasticServer(faults=(Fault(429, times=9, headers={"Retry-After": "99999"}),)) as server:
        server.secured = False
        with pytest.raises(DeployError):
            Cluster(server.url.removeprefix(PREFIX), Access(), sleep=slept.append).ask("x", lambda c: c.info())
        assert value in {len(server.requests) - 1, *slept}


@proves("remote.elasticsearch.LARGEST")
def answer_size(value, _folder, monkeypatch):
    monkeypatch.setattr("comtrap.remote.elasticsearch.LARGEST", value // 1024)
    with ElasticServer(faults=(Fault(lambda _: b" " * (value // 1024 + 1)),)) as server:
        server.secured = False
        server.answer = lambda *_: {}
        with pytest.raises(DeployError, match="the answer has more than"):
            Cluster(server.url.removeprefix(PREFIX), Access()).ask("x", lambda c: c.info())


def bulks(folder, count, text="x", refused=None):
    """What is sent of so many alerts: a list of documents a request."""
    path = write(folder / "a.ndjson", [process(n, n, CommandLine=text) for n in range(count)])
    found = scan([path], [rule()]).alerts
    with ElasticServer() as server:
        server.secured = False
        server.refused = {} if refused is None else {alert.id: refused for alert in found}
        with opened(f"{server.url}/alerts", Access()) as index, index as writer:
            for alert in found:
                writer.write(alert)
        sent = [lines[1::2] for lines in server.asked("_bulk")]
    found.close()
    return sent


@proves("sinks.elasticsearch.DOCUMENTS")
def alerts_at_once(value, folder, _monkeypatch):
    assert [len(one) for one in bulks(folder, value + 1)] == [value, 1]


@proves("sinks.elasticsearch.BYTES")
def alerts_bytes(value, folder, _monkeypatch):
    *full, _ = [len(json.dumps(one)) for one in bulks(folder, 100, "x" * 40_000)]
    assert all(0.9 * value < size < value for size in full)


@proves("sinks.elasticsearch.TRIES")
def alert_tries(value, folder, monkeypatch):
    monkeypatch.setattr("comtrap.sinks.elasticsearch._WAIT", 0.0)
    assert len(bulks(folder, 1, refused=(429, "x", "busy"))) == value


@proves("sources.elasticsearch.SLICES", "sources.elasticsearch.PAGE", "sources.elasticsearch.PAGE_BYTES")
def pages(value, _folder, _monkeypatch):
    large = process(0, 1, CommandLine="x" * 10_000)
    with ElasticServer({"a": [large] * 4_001}) as server:
        server.secured = False
        assert len(list(read(f"{server.url}/a", 0, None, Problems()))) > 0
        asked = server.asked("_search")
    sizes = [body["size"] for body in asked]
    page_bytes = sizes[-1] * len(json.dumps(large))
    assert value in {len({body["slice"]["id"] for body in asked}), max(sizes)} or 0.9 * value < page_bytes <= value


@proves(
    "scanning.part.ROWS", "scanning.part.HELD_BYTES", "scanning.part.HELD_LARGE_BYTES", "scanning.part.EVENTS_BYTES"
)
def together(value, folder, monkeypatch):
    sizes = []
    execute = part.execute
    monkeypatch.setattr(part, "execute", lambda p, batch, f: sizes.append(len(batch)) or execute(p, batch, f))
    (name,) = (n for n in ("ROWS", "HELD_BYTES", "HELD_LARGE_BYTES", "EVENTS_BYTES") if getattr(part, n) == value)
    monkeypatch.setattr(part, name, 2 if name == "ROWS" else 250_000)
    scanned(folder, [process(n, n, CommandLine="x" * 100_000) for n in range(6)])

    assert 1 < max(sizes) <= 3


def large_batch(count):
    """So many records, and for how many each of them was fetched together with others."""
    at_once = []
    given = raw((SYSMON, 1), [record((SYSMON, 1), {"CommandLine": "x" * 300_000}) for _ in range(count)])

    def whole(rows):
        at_once.append(len(rows))
        return RawBatch(given.kind, given.frame.take(rows), given.origin)

    return RawBatch(given.kind, given.frame, given.origin, whole), at_once


@proves("alerts.store.CHUNK_BYTES")
def kept_at_once(_value, _folder, monkeypatch):
    monkeypatch.setattr("comtrap.alerts.store.CHUNK_BYTES", 700_000)
    batch, at_once = large_batch(5)
    with Store() as store:
        store.keep(_hits(HITS.empty_table(), 5), [batch])

    assert at_once == [2, 2, 1]


@proves("scanning.documents.TOGETHER_BYTES")
def converted_at_once(_value, _folder, monkeypatch):
    monkeypatch.setattr(documents, "TOGETHER_BYTES", 700_000)
    batch, at_once = large_batch(5)

    assert len(list(documents.written(batch, Problems()))) == 5
    assert at_once == [2, 2, 1]


@proves(
    "scanning.writers.parquet.TEXT_BYTES", "scanning.writers.parquet.LARGE_TEXT_BYTES", "scanning.writers.parquet.ROWS"
)
def row_groups(value, folder, monkeypatch):
    (name,) = (n for n in ("TEXT_BYTES", "LARGE_TEXT_BYTES", "ROWS") if getattr(parquet, n) == value)
    monkeypatch.setattr(parquet, name, 3 if name == "ROWS" else 1_000_000)
    text = "x" * (300_000 if name == "LARGE_TEXT_BYTES" else 100_000)
    documents = [{"process": {"name": text}}] * 20
    file = pq.ParquetFile(written_as_parquet(folder, documents))

    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert (sum(groups), max(groups)) == (20, {"TEXT_BYTES": 9}.get(name, 3))


@proves("scanning.writers.parquet.NAMES")
def parquet_columns(value, folder, _monkeypatch):
    document = {"winlog": {"event_data": {f"Own{n}": str(n) for n in range(value + 1)}}}
    table = pq.read_table(written_as_parquet(folder, [document]))

    assert len([name for name in table.schema.names if "event_data" in name]) == value
    assert len(json.loads(table[UNFIT][0].as_py())) == 1


@proves("alerts.store.HELD")
def hits(value, _folder, _monkeypatch):
    nulls = HITS.empty_table()
    with Store() as store:
        assert store.database.execute("select count(*) from hits").fetchone() == (0,)
        many = _hits(nulls, value + 1)
        store.keep(many, [])

        assert store.database.execute("select count(*) from hits").fetchone() == (1,)


def _hits(empty, count):
    """So many hits of nothing."""
    import pyarrow as pa  # noqa: PLC0415

    columns = {f.name: pa.nulls(count, f.type) for f in empty.schema}
    columns["event"] = pa.array(range(count), empty.schema.field("event").type)
    columns["query"] = pa.array([0] * count, empty.schema.field("query").type)
    return pa.table(columns, schema=empty.schema)


@proves("events.problems.SHOWN")
def messages(value, _folder, _monkeypatch):
    problems = Problems()
    problems.skip("odd", "here")
    for _ in range(value):
        problems.note("odd", "here")

    assert (len(problems.first), problems.notes["odd"]) == (value, value)


@proves("lang.cursor.MOST_CHARACTERS")
def characters(value, _folder, _monkeypatch):
    query = "any where true"
    ask(query.ljust(value), Request())
    with pytest.raises(QueryError):
        ask(query.ljust(value + 1), Request())


@proves("lang.cursor.LEVELS")
def parentheses(value, _folder, _monkeypatch):
    ask(f"any where {'(' * value}true{')' * value}", Request())
    with pytest.raises(QueryError):
        ask(f"any where {'(' * (value + 1)}true{')' * (value + 1)}", Request())


@proves("lang.cursor.MOST_PROBLEMS")
def mistakes(value, _folder, _monkeypatch):
    with pytest.raises(QueryError) as caught:
        ask("any where true" + " | head" * (value * 2), Request())

    assert len(caught.value.diagnostics) == value


@proves("check.language.MOST_STATES")
def states(value, _folder, _monkeypatch):
    with pytest.raises(QueryError, match=f"more than {value:,} states"):
        ask(f'any where process.name regex "{"".join(f"{c}{{999}}" for c in "abcdefghijk")}"', Request())
