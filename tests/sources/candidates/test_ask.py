"""The same alerts whether a cluster is asked or all of its events are read; what it cannot tell is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.material import START, process, rule
from tests.remote.server import ElasticServer, Fault, Index
from tests.sources.test_elasticsearch import manner, told_alike

from comtrap.alerts.document import document
from comtrap.scan import scan
from comtrap.sources.candidates import ask

SEQUENCE = 'sequence by host.id with maxspan=1m [any where process.name : "a.exe"] [any where process.name == "b.exe"]'
RULES = (
    rule('process where process.name : "a.exe"'),
    rule(SEQUENCE, 2),
    rule('sample by host.id [any where process.name : "a.exe"] [process where process.pid == 3]', 3),
    rule(SEQUENCE.replace("] [", '] ![any where process.name == "c.exe"] ['), 4),
)


def endpoint(number, name="x.exe", **more):
    return {
        "@timestamp": (START + timedelta(seconds=number)).isoformat(timespec="milliseconds"),
        "agent": {"type": "endpoint"},
        "event": {"category": ["process"], "id": str(number)},
        "host": {"id": "h", "name": "h"},
        "process": {"name": name, "pid": number},
    } | more


EVENTS = [
    endpoint(n, {4: "A.exe", 6: "c.exe", 9: "b.exe", 14: "a.exe", 15: "b.exe"}.get(n, "x.exe")) for n in range(20)
]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with ElasticServer({"logs-e": EVENTS}) as one:
        yield one


def run(server, *rules, index="logs-*", push_down=True, **more):
    """A scan's alerts without where events were read, what was asked, and how many events were read."""
    result = scan([f"{server.url}/{index}"], rules or RULES, manner=manner(push_down=push_down, **more))
    assert result.tally.problems.failed == {}
    told = result.tally.problems.narrowed.get(f"{server.url.removeprefix('elasticsearch+')}/{index}")
    found = told_alike([document(alert) for alert in result.alerts])
    result.alerts.close()
    return found, told, result.tally.events


def same(server, *rules, **more):
    """What was asked and how many events were read, where the alerts are those of all events."""
    found, told, events = run(server, *rules, **more)
    assert found == run(server, *rules, push_down=False, **more)[0]
    assert found
    return told, events


def whole(server, *rules):
    """Why all was read, where it was."""
    told, events = same(server, *rules)
    assert (told.is_whole, events) == (True, len(server.indices["logs-e"].documents))
    (why,) = set(told.whole.values())
    return why


def test_events_sequences_and_samples_are_found_among_the_few_that_could_matter(server):
    told, events = same(server)
    assert (told.found, told.documents, told.whole, events) == (6, 20, {}, 6)


def test_all_is_read_where_nothing_is_to_be_asked(server):
    assert run(server, push_down=False)[1:] == (None, 20)
    assert server.asked("_eql") == []


def test_the_request_is_one_of_the_api(server):
    run(server)
    (asked,) = server.asked("_eql/search")
    assert asked["query"].startswith("any where ")
    assert (asked["size"], asked["fetch_size"], asked["result_position"]) == (10_000, 1_000, "head")
    assert (asked["timestamp_field"], asked["event_category_field"]) == ("@timestamp", "event.category")
    assert (asked["keep_on_completion"], asked["wait_for_completion_timeout"]) == (False, "30s")
    assert asked["allow_partial_search_results"] is False


def test_the_time_is_bounded_for_what_is_asked(server):
    told, events = same(server, since=START + timedelta(seconds=10), until=START + timedelta(seconds=18))
    assert (told.found, told.documents, events) == (2, 8, 2)


def test_a_value_that_the_index_left_out_is_looked_at(server):
    name = "a" * 2_000
    server.indices["logs-e"].documents["long"] = endpoint(3, name)
    told, events = same(server, rule(f'any where process.name : "{name}"'))
    assert (told.found, events) == (0, 1)


def test_an_event_without_a_time_is_looked_at(server):
    timeless = endpoint(3, "t.exe")
    del timeless["@timestamp"]
    server.indices["logs-e"].documents["timeless"] = timeless
    assert same(server, rule('any where process.name : "t.exe"'))[1] == 1


def test_events_that_are_not_through_a_pipeline_are_all_looked_at(server):
    server.indices["logs-raw"] = Index({str(n): process(n, n, "a.exe" if n == 3 else "y.exe") for n in range(5)})
    told, events = same(server)
    assert (told.found, set(told.whole), events) == (6, {"logs-raw"}, 11)


def test_indices_are_asked_by_what_they_map(server):
    mapping = {"dynamic": False, "properties": {"@timestamp": {"type": "date"}}}
    server.indices["logs-t"] = Index({"t": endpoint(1, "a.exe")}, mapping)
    told, events = same(server)
    assert (set(told.whole), told.found, events) == ({"logs-t"}, 6, 7)


def test_a_field_of_two_types_is_not_asked_for(server):
    document = endpoint(1, 5)
    server.indices["logs-t"] = Index({"t": document})
    told, events = same(server, rule('any where process.name == "b.exe"'))
    assert (told.is_whole, events) == (True, 21)


def test_texts_that_are_indexed_as_such_are_asked_for_by_their_keyword(server):
    mapping = server.indices["logs-e"].mapped
    mapping["properties"]["process"]["properties"]["name"] = {
        "type": "text",
        "fields": {"keyword": {"type": "keyword", "ignore_above": 256}},
    }
    server.indices["logs-e"].mapping = mapping
    server.indices["logs-e"].documents["long"] = endpoint(3, "a.exe" + " " * 300)
    told, events = same(server, rule('process where process.name : "a.exe*"'))
    assert (told.found, events) == (2, 3)


def test_a_rule_that_any_event_could_meet_is_said(server):
    server.indices["logs-e"].mapping = server.indices["logs-e"].mapped | {"dynamic": False}
    why = whole(server, rule('any where process.title == "a" or process.name != null'))
    assert "any, process.name, process.title" in why


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(400, "_eql", times=9), "Elasticsearch answers 400"),
        (Fault(429, "_eql", times=99), "Elasticsearch answers 429"),
        (Fault(500, "_eql", times=99), "Elasticsearch answers 500"),
        (Fault("reset", "_eql", times=99), "no answer from"),
        (Fault("garbage", "_eql", times=9), "is not JSON"),
        (Fault(403, "_mapping", times=9), "lacks a privilege"),
        (Fault(403, "_field_caps", times=9), "lacks a privilege"),
        (Fault(404, "_count", times=9), "Elasticsearch answers 404"),
        (Fault(lambda answer: answer | {"timed_out": True}, "_eql", times=9), "some shards gave no answer"),
        (Fault(lambda answer: answer | {"is_partial": True}, "_eql", times=9), "some shards gave no answer"),
        (Fault(lambda answer: answer | {"shard_failures": [{}]}, "_eql", times=9), "some shards gave no answer"),
        (Fault(lambda answer: answer | {"hits": {"events": [{}]}}, "_eql", times=9), "missing required field"),
        (Fault(lambda _: {"logs-e": {"mappings": 5}}, "_mapping", times=9), "Expected `object`"),
        (Fault(lambda _: {}, "_field_caps", times=9), "fields"),
    ],
)
def test_what_a_cluster_does_not_tell_is_read(server, fault, why):
    server.faults = [fault]
    assert why in whole(server)


@pytest.mark.parametrize("how", [429, 500, 503, "reset", "lost", "cut"])
def test_a_failure_that_passes_costs_nothing(server, how):
    server.faults = [Fault(how, "_eql", times=2)]
    assert same(server)[1] == 6


def test_a_query_that_takes_long_is_asked_for_again(server):
    server.slow = 3
    assert same(server)[1] == 6
    assert server.running == {}


def test_a_query_that_has_expired_is_read(server):
    server.slow = 3
    server.faults = [Fault(404, "GET /_eql", after=1)]
    assert "Elasticsearch answers 404" in whole(server)


def test_a_query_that_is_never_done_is_read_and_forgotten(server):
    server.slow = 1_000
    assert "not done" in whole(server)
    assert server.running == {}


def test_answers_that_are_full_go_on_where_they_end(server, monkeypatch):
    monkeypatch.setattr(ask, "PAGE", 2)
    assert same(server)[1] == 6
    assert len(server.asked("_eql/search")) > 2


def test_more_events_of_one_time_than_an_answer_has_are_read(server, monkeypatch):
    monkeypatch.setattr(ask, "PAGE", 2)
    server.indices["logs-e"].documents |= {f"same-{n}": endpoint(14, "a.exe") for n in range(3)}
    assert "of one time" in whole(server)


def test_more_events_than_are_named_are_read(server, monkeypatch):
    monkeypatch.setattr(ask, "MOST", 5)
    assert "more than 5 documents" in whole(server)


def test_conditions_are_asked_some_at_a_time(server, monkeypatch):
    monkeypatch.setattr(ask, "TOGETHER", 1)
    told, events = same(server)
    assert (told.queries, events) == (4, 6)


def test_a_remote_cluster_is_read(server):
    server.indices["europe:logs"] = Index({str(n): one for n, one in enumerate(EVENTS)})
    told, events = same(server, *(rule(one.text, n, index=("*",)) for n, one in enumerate(RULES)), index="europe:logs")
    assert ("remote cluster" in told.whole["europe:logs"], events) == (True, 20)
