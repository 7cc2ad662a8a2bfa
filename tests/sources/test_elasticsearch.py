from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.material import START, process, rule, script_block, write
from tests.remote.server import KEY, ElasticServer, Fault, Index

from comtrap.alerts.document import document
from comtrap.errors import PluginError
from comtrap.events.problems import Problems
from comtrap.remote.access import Access
from comtrap.remote.secret import Secret
from comtrap.rules.load import DEFAULT, load, locate
from comtrap.scan import scan
from comtrap.sources import elasticsearch
from comtrap.sources.manner import Manner
from comtrap.sources.read import read

RECORDING = Path(__file__).resolve().parent.parent.parent / "demo" / "recording"
INDEX = "winlogbeat-9.0"


def manner(**more):
    return Manner(access=Access(Secret(KEY), timeout=60.0), **more)


def positions(server, index=INDEX, problems=None, **more):
    """Where a reading finds the record numbers of the documents."""
    found = {}
    problems = Problems() if problems is None else problems
    for raw in read(f"{server.url}/{index}", 0, None, problems, manner=manner(**more)):
        numbers = raw.frame.column("winlog.record_id").to_pylist()
        found |= dict(zip(raw.frame.column("_position").to_pylist(), map(int, numbers), strict=True))
    return [found[place] for place in sorted(found)]


def failure(server, *faults, **more):
    """What is said of an index that cannot be read to its end, and what was read until then."""
    server.faults = list(faults)
    problems = Problems()
    found = positions(server, problems=problems, **more)
    (said,) = problems.failed.values()
    return said, found


def alerts(path, *rules, **more):
    result = scan([path], rules, **more)
    assert result.tally.problems.failed == {}
    found = [document(alert) for alert in result.alerts]
    result.alerts.close()
    return found


def told_alike(found):
    """Alerts without where their records were read."""
    for alert in found:
        for evidence in alert["comtrap.evidence"]:
            del evidence["path"], evidence["member"], evidence["position"]
    return found


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with ElasticServer({INDEX: [process(n, n) for n in range(25)]}) as one:
        yield one


@pytest.fixture
def small(monkeypatch):
    """Pages of few documents."""
    monkeypatch.setattr(elasticsearch, "PAGE", 3)


def test_all_documents_are_read_in_the_order_of_their_time(server):
    server.indices[INDEX].documents["late"] = process(3.5, 100)
    assert positions(server) == [0, 1, 2, 3, 100, *range(4, 25)]


@pytest.mark.usefixtures("small")
def test_pages_go_on_where_the_one_before_ends(server):
    assert positions(server) == list(range(25))
    assert max(body["size"] for body in server.asked("_search")) == 3


def test_slices_have_all_documents_between_them(server):
    assert positions(server) == list(range(25))
    assert {(b["slice"]["id"], b["slice"]["max"]) for b in server.asked("_search")} == {(n, 4) for n in range(4)}


def test_the_point_in_time_is_closed(server):
    positions(server)
    assert (server.opened, server.points) == (1, {})


@pytest.mark.usefixtures("small")
def test_the_point_in_time_is_closed_when_a_reading_is_left(server):
    reading = read(f"{server.url}/{INDEX}", 0, None, Problems(), manner=manner())
    next(reading)
    assert len(server.points) == 1
    reading.close()
    assert server.points == {}


@pytest.mark.usefixtures("small")
def test_of_documents_of_one_time_none_is_lost_or_told_twice(server):
    server.indices[INDEX].documents = {str(n): process(0, n) for n in range(25)}
    assert sorted(positions(server)) == list(range(25))


@pytest.mark.usefixtures("small")
def test_documents_without_a_time_come_last(server):
    first = server.indices[INDEX].documents[f"{INDEX}-00000"]
    del first["@timestamp"]
    assert positions(server) == [*range(1, 25), 0]


def test_patterns_and_lists_are_resolved_by_the_cluster(server):
    server.indices |= {name: Index({name: process(0, n)}) for n, name in [(50, "logs-a"), (60, "logs-b")]}
    assert positions(server, "logs-*,-logs-b") == [50]


def test_the_time_is_bounded_by_the_cluster(server):
    bounds = {"since": START + timedelta(seconds=5), "until": START + timedelta(seconds=8)}
    assert positions(server, **bounds) == [5, 6, 7]


def test_an_index_without_documents_has_no_events(server):
    server.indices[INDEX].documents.clear()
    assert positions(server) == []


def test_large_documents_make_small_pages(server, monkeypatch):
    monkeypatch.setattr(elasticsearch, "PAGE", 2)
    monkeypatch.setattr(elasticsearch, "PAGE_BYTES", 1)
    assert positions(server) == list(range(25))
    assert {body["size"] for body in server.asked("_search")} == {1, 2}


def test_a_page_that_is_too_large_is_asked_for_in_parts(server, monkeypatch):
    monkeypatch.setattr("comtrap.remote.elasticsearch.LARGEST", 2_000)
    assert positions(server) == list(range(25))


def test_one_document_that_is_too_large_is_said(server, monkeypatch):
    monkeypatch.setattr("comtrap.remote.elasticsearch.LARGEST", 500)
    said, _ = failure(server)
    assert "the answer has more than" in said


def test_a_document_may_have_line_ends_between_its_values(server):
    def laid_out(answer):
        return json.dumps(answer, indent=1).replace("\n", "\r\n").encode()

    server.faults = [Fault(laid_out, "_search", times=99)]
    assert positions(server) == list(range(25))


def test_a_half_of_a_surrogate_pair_costs_nothing(server):
    server.indices[INDEX].documents = {"a": process(0, 1, CommandLine="cmd \ud800")}
    assert positions(server) == [1]


def test_where_an_index_keeps_no_documents_events_are_still_counted(server):
    def without(answer):
        for hit in answer["hits"]["hits"]:
            del hit["_source"]
        return answer

    server.faults = [Fault(without, "_search", times=99)]
    problems = Problems()
    found = sum(raw.frame.num_rows for raw in read(f"{server.url}/{INDEX}", 0, None, problems, manner=manner()))
    assert found + problems.skipped.total() == 25


@pytest.mark.parametrize("how", [429, 500, 503, "reset", "lost", "cut", "garbage"])
@pytest.mark.usefixtures("small")
def test_a_failure_that_passes_costs_nothing(server, monkeypatch, how):
    monkeypatch.setattr("comtrap.remote.elasticsearch._FIRST_WAIT", 0.0)
    server.faults = [Fault(how, "_search", times=2, after=1)]
    if how == "garbage":
        assert "is not JSON" in failure(server, *server.faults)[0]
    else:
        assert positions(server) == list(range(25))


@pytest.mark.usefixtures("small")
def test_what_was_read_before_a_failure_stands(server):
    said, found = failure(server, Fault(400, "_search", times=99, after=10))
    assert "Elasticsearch answers 400" in said
    assert 0 < len(found) < 25
    assert found == sorted(found)
    assert server.points == {}


@pytest.mark.usefixtures("small")
def test_a_point_in_time_that_has_expired_is_said(server):
    said, _ = failure(server, Fault(lambda answer: answer, "_search", after=6, then=server.points.clear))
    assert "search_context_missing_exception" in said


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"timed_out": True}, "some shards gave no answer"),
        ({"_shards": {"failed": 1}}, "some shards gave no answer"),
        ({"hits": {}}, "missing required field `hits`"),
        ({"hits": {"hits": [{}]}}, "missing required field"),
        ({"hits": {"hits": [{"_index": 1, "_id": "a", "sort": [1, 1]}]}}, "Expected `str`"),
        ({"hits": {"hits": [{"_index": "a", "_id": "a", "sort": ["x", 1]}]}}, "Expected `int`"),
        ({"hits": {"hits": [{"_index": "a", "_id": "a", "sort": [1]}]}}, "Expected `array` of length 2"),
        ({"pit_id": 5}, "Expected `str`"),
    ],
)
def test_an_answer_that_is_something_else_is_said(server, answer, why):
    said, found = failure(server, Fault(lambda given: given | answer, "_search", times=99))
    assert (why in said, found) == (True, [])


@pytest.mark.usefixtures("small")
def test_an_answer_that_comes_again_and_again_is_said(server):
    kept = []

    def again(answer):
        kept.append(answer)
        return kept[0]

    said, _ = failure(server, Fault(again, "_search", times=99))
    assert "out of order" in said


@pytest.mark.usefixtures("small")
def test_an_answer_with_more_than_was_asked_for_is_said(server):
    def more(answer):
        hits = answer["hits"]["hits"]
        hits += [{**hits[-1], "sort": [hits[-1]["sort"][0] + n, n]} for n in range(1, 9)]
        return answer

    said, _ = failure(server, Fault(more, "_search", times=99))
    assert "more than was asked for" in said


def test_a_missing_index_is_named(server):
    server.indices.clear()
    assert "no such index [winlogbeat-9.0]" in failure(server)[0]


@pytest.mark.parametrize(("status", "why"), [(401, "is the API key right"), (403, "lacks a privilege")])
def test_who_may_not_read_is_told_why(server, status, why):
    said, _ = failure(server, Fault(status, times=9))
    assert why in said
    assert KEY not in said


def test_an_address_that_is_none_ends_the_run(server):
    with pytest.raises(PluginError, match="names no index"):
        list(read(server.url, 0, None, Problems(), manner=manner()))


def test_a_script_block_in_parts_is_put_together(server):
    server.indices = {
        INDEX: Index(
            {
                "b": script_block(1, 2, "Object Excel.Application", 2, 2),
                "a": script_block(0, 1, "New-Com", 1, 2),
            }
        )
    }
    found = alerts(
        f"{server.url}/{INDEX}",
        rule('any where comtrap.powershell.script_block_text : "New-ComObject*"'),
        manner=manner(),
    )
    assert len(found) == 1


@pytest.mark.usefixtures("small")
def test_an_index_gives_the_alerts_of_its_export(server, tmp_path):
    documents = [*(process(n, n, "first.exe") for n in range(5)), *(process(n, 10 + n, "second.exe") for n in range(5))]
    server.indices = {INDEX: Index({str(n): one for n, one in enumerate(documents)})}
    hits = [{"_index": INDEX, "_id": str(n), "_source": one} for n, one in enumerate(documents)]
    path = write(tmp_path / "export.ndjson", hits)
    rules = (
        rule(),
        rule(
            'sequence by host.id [process where process.name : "first.exe"] [any where process.name == "second.exe"]', 2
        ),
        rule("any where process.pid > 1003 and comtrap.process.name != null", 3),
    )
    found = alerts(f"{server.url}/{INDEX}", *rules, manner=manner())
    assert len(found) > 10
    assert told_alike(found) == told_alike(alerts(path, *rules))


@pytest.mark.usefixtures("small")
def test_an_alert_names_the_documents_it_is_of(server, tmp_path):
    server.indices = {INDEX: Index({"a": process(0, 1)})}
    path = write(tmp_path / "export.ndjson", [{"_index": INDEX, "_id": "a", "_source": process(0, 1)}])
    for found in (alerts(f"{server.url}/{INDEX}", rule(), manner=manner()), alerts(path, rule())):
        (evidence,) = found[0]["comtrap.evidence"]
        (ancestor,) = found[0]["kibana.alert.ancestors"]
        assert (evidence["_index"], evidence["_id"]) == (ancestor["index"], ancestor["id"]) == (INDEX, "a")
        assert evidence["position"] == (None if evidence["path"].startswith("elastic") else 0)


@pytest.mark.slow
@pytest.mark.parametrize("push_down", [False, True])
def test_a_recording_gives_the_alerts_of_its_files(server, tmp_path, push_down):
    """The whole pack, over Winlogbeat's, Endpoint's and an EVTX dump's documents."""
    server.indices = {}
    for path in sorted(RECORDING.glob("*.ndjson.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        server.indices[path.stem.partition(".")[0]] = Index({str(n): json.loads(line) for n, line in enumerate(lines)})
    hits = [
        {"_index": name, "_id": n, "_source": one}
        for name, index in server.indices.items()
        for n, one in index.documents.items()
    ]
    rules, _ = load([locate(DEFAULT)])
    found = alerts(f"{server.url}/ws0*", *rules, manner=manner(push_down=push_down))
    assert (len(hits), len(found) > 30) == (8_251, True)
    assert told_alike(found) == told_alike(alerts(write(tmp_path / "export.ndjson", hits), *rules))
