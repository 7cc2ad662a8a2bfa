from __future__ import annotations

import json

import pytest
from tests.material import process, rule, write
from tests.remote.server import KEY, ElasticServer, Fault, Index

from comtrap.alerts.document import building_blocks, document
from comtrap.errors import DeployError, PluginError
from comtrap.remote.access import Access
from comtrap.remote.secret import Secret
from comtrap.scan import scan
from comtrap.sinks import elasticsearch
from comtrap.sinks.elasticsearch import opened

PAIR = "sequence by host.id [process where process.pid == 1000] [process where process.pid == 1001]"


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("comtrap.remote.elasticsearch._FIRST_WAIT", 0.0)
    monkeypatch.setattr("comtrap.sinks.elasticsearch._WAIT", 0.0)


@pytest.fixture
def alerts(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(12)])
    found = scan([path], [rule()]).alerts
    yield found
    found.close()


@pytest.fixture
def server():
    with ElasticServer() as one:
        yield one


def written(server, alerts, *, blocks=False, name="alerts"):
    """What became of the alerts: how many are new, how many were there, and what was refused."""
    access = Access(Secret(KEY), timeout=5.0)
    with opened(f"{server.url}/{name}", access, blocks=blocks) as index, index as writer:
        for alert in alerts:
            writer.write(alert)
    return writer.added, writer.known, dict(writer.refused)


def kept(server, name="alerts"):
    return server.indices[name].documents


def expected(alerts):
    return {a.id: json.loads(json.dumps(document(a), default=str)) for a in alerts}


def test_a_document_is_the_alert_and_has_its_id(server, alerts):
    assert written(server, alerts) == (12, 0, {})
    assert kept(server) == expected(alerts)


def test_a_second_run_changes_nothing(server, alerts):
    written(server, alerts)
    first = next(iter(kept(server)))
    kept(server)[first] = {"kibana.alert.workflow_status": "closed"}
    before = dict(kept(server))

    assert written(server, alerts) == (0, 12, {})
    assert kept(server) == before


def test_what_is_missing_is_added(server, alerts):
    written(server, list(alerts)[:5])
    assert written(server, alerts) == (7, 5, {})
    assert kept(server) == expected(alerts)


def test_a_data_stream_takes_them_too(server, alerts):
    server.indices["alerts"] = Index(stream=True)
    assert written(server, alerts) == (12, 0, {})


def test_events_of_a_sequence_may_have_documents(server, tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(2)])
    found = scan([path], [rule(PAIR)]).alerts
    (alert,) = found
    assert written(server, found, blocks=True) == (3, 0, {})
    assert kept(server).keys() == {alert.id, *(b["kibana.alert.uuid"] for b in building_blocks(alert))}
    found.close()


def test_they_are_sent_together_to_a_bound(server, alerts, monkeypatch):
    monkeypatch.setattr(elasticsearch, "DOCUMENTS", 5)
    written(server, alerts)
    assert [len(lines) // 2 for lines in server.asked("_bulk")] == [5, 5, 2]


def test_large_ones_are_sent_alone(server, alerts, monkeypatch):
    monkeypatch.setattr(elasticsearch, "BYTES", 1)
    written(server, alerts)
    assert [len(lines) // 2 for lines in server.asked("_bulk")] == [1] * 12


@pytest.mark.parametrize("how", [429, 500, 503, "reset", "lost", "cut"])
def test_a_failure_that_passes_costs_nothing(server, alerts, how):
    server.faults = [Fault(how, "_bulk", times=2)]
    added, known, refused = written(server, alerts)
    assert (added + known, refused) == (12, {})
    assert kept(server) == expected(alerts)


def test_a_run_that_was_broken_off_is_mended_by_the_next(server, alerts, monkeypatch):
    monkeypatch.setattr(elasticsearch, "DOCUMENTS", 5)
    server.faults = [Fault(400, "_bulk", after=1)]
    with pytest.raises(DeployError, match="answers 400"):
        written(server, alerts)
    assert len(kept(server)) == 5
    assert written(server, alerts) == (7, 5, {})
    assert kept(server) == expected(alerts)


def test_what_a_busy_index_does_not_take_is_sent_again(server, alerts):
    busy = list(expected(alerts))[:3]
    server.refused = dict.fromkeys(busy, (429, "es_rejected_execution_exception", "queue is full"))
    server.faults = [Fault(lambda answer: answer, "_bulk", after=2, then=server.refused.clear)]
    assert written(server, alerts) == (12, 0, {})
    assert [len(lines) // 2 for lines in server.asked("_bulk")] == [12, 3, 3]


def test_an_index_that_stays_busy_is_said(server, alerts):
    busy = list(expected(alerts))[:3]
    server.refused = dict.fromkeys(busy, (429, "es_rejected_execution_exception", "queue is full"))
    assert written(server, alerts) == (9, 0, {"the index is too busy": 3})


def test_documents_that_are_refused_are_counted_by_reason_and_cost_no_other(server, alerts):
    wrong = list(expected(alerts))[:2]
    server.refused = dict.fromkeys(wrong, (400, "document_parsing_exception", "failed to parse"))
    assert written(server, alerts) == (10, 0, {"400 document_parsing_exception: failed to parse": 2})


def test_a_request_that_is_too_large_is_sent_in_halves(server, alerts):
    server.faults = [Fault(413, "_bulk", times=3)]
    assert written(server, alerts) == (12, 0, {})
    assert [len(lines) // 2 for lines in server.asked("_bulk")] == [12, 6, 3, 1, 2, 3, 6]


def test_one_that_is_too_large_alone_is_counted(server, alerts):
    server.faults = [Fault(413, "_bulk", times=99)]
    assert written(server, alerts) == (0, 0, {"too large": 12})


@pytest.mark.parametrize(
    "answer", [{"items": []}, {"items": None}, {"items": [{"create": {}}]}, {"items": "x"}, {"items": [5]}]
)
def test_an_answer_that_is_something_else_is_said(server, alerts, answer):
    server.faults = [Fault(lambda given: given | answer, "_bulk", times=9)]
    with pytest.raises(DeployError, match="answer"):
        written(server, alerts)


def test_who_is_not_known_hears_it_before_anything_is_written(server):
    with pytest.raises(DeployError, match="is the API key right"), opened(f"{server.url}/alerts", Access()):
        pytest.fail("it was opened")


def test_a_key_for_writing_alone_is_enough(server, alerts):
    server.faults = [Fault(403, "GET /")]
    assert written(server, alerts) == (12, 0, {})


@pytest.mark.parametrize("name", ["alerts-*", "a,b", "europe:alerts"])
def test_only_one_index_can_be_written_to(server, name):
    with pytest.raises(PluginError, match="is not one index"), opened(f"{server.url}/{name}", Access()):
        pass


def test_an_error_on_the_way_sends_nothing_more(server, alerts):
    def interrupted():
        yield next(iter(alerts))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(server, interrupted())
    assert server.asked("_bulk") == []
