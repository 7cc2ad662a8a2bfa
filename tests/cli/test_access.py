"""The options for Elasticsearch, through to what a run says."""

from __future__ import annotations

import json

import pytest
from tests.material import process, rule_file
from tests.remote.server import KEY, PASSWORD, TLS, USER, ElasticServer, Fault
from tests.remote.test_elasticsearch import PRINT

from comtrap.cli.main import main
from comtrap.remote.access import KEY_VARIABLE, PASSWORD_VARIABLE, USER_VARIABLE


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (USER_VARIABLE, PASSWORD_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def scanned(tmp_path, capsys):
    """A scan's exit code, how many alerts there are, and what is said."""

    def run(address, *options):
        rules = rule_file(tmp_path / "rule.toml")
        code = main(["scan", address, "--rules", str(rules), "--format", "ndjson", "--jobs", "1", *options])
        out, err = capsys.readouterr()
        assert KEY not in out + err
        return code, len(out.splitlines()), err

    return run


@pytest.fixture
def server():
    with ElasticServer({"winlogbeat-9": [process(n, n) for n in range(3)]}) as one:
        yield one


def test_an_index_is_scanned(server, scanned):
    code, alerts, said = scanned(f"{server.url}/winlogbeat-*")
    assert (code, alerts) == (0, 3)
    assert "3 events in 1 file" in said


def test_the_time_may_be_bounded(server, scanned):
    bounds = ("--since", "2026-01-05T08:00:01Z", "--until", "2026-01-05T09:00:02+01:00")
    assert scanned(f"{server.url}/winlogbeat-*", *bounds)[:2] == (0, 1)


def test_a_day_is_one_of_utc(server, scanned):
    assert scanned(f"{server.url}/winlogbeat-*", "--since", "2026-01-06")[:2] == (0, 0)


def test_a_user_may_ask(server, scanned, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv(USER_VARIABLE, USER)
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert scanned(f"{server.url}/winlogbeat-*")[:2] == (0, 3)


def test_trust_is_an_option(scanned, tmp_path):
    (tmp_path / "key").write_text(KEY)
    with ElasticServer({"winlogbeat-9": [process(0, 0)]}, tls=True) as server:
        address = f"{server.url}/winlogbeat-9"
        code, _, said = scanned(address)
        assert (code, "CERTIFICATE_VERIFY_FAILED" in said) == (3, True)
        assert scanned(address, "--fingerprint", PRINT)[:2] == (0, 1)
        assert scanned(address, "--ca-file", str(TLS / "server.pem"), "--api-key-file", str(tmp_path / "key"))[0] == 0
        assert scanned(address, "--fingerprint", "0" * 64)[0] == 3


def test_a_query_has_the_same_options(server, capsys):
    asked = ["query", "process where true", f"{server.url}/winlogbeat-9", "--format", "ndjson", "--since", "2026-01-05"]
    assert main(asked) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    origins = [one["_source"]["comtrap"]["origin"] for one in found]
    assert [(origin["index"], origin["id"]) for origin in origins] == [
        ("winlogbeat-9", f"winlogbeat-9-0000{n}") for n in range(3)
    ]
    assert all("position" not in origin for origin in origins)


def test_an_index_is_exported_by_convert(server, capsys):
    assert main(["convert", f"{server.url}/winlogbeat-9", "--to", "ndjson"]) == 0
    origins = [json.loads(line)["comtrap"]["origin"] for line in capsys.readouterr().out.splitlines()]
    assert [(one["index"], one["id"]) for one in origins] == [
        ("winlogbeat-9", f"winlogbeat-9-0000{n}") for n in range(3)
    ]


def test_a_scan_of_what_was_exported_names_the_documents(server, tmp_path, capsys):
    assert (
        main(["convert", f"{server.url}/winlogbeat-9", "--to", "ndjson", "--output", str(tmp_path / "log.ndjson")]) == 0
    )
    capsys.readouterr()
    main(["scan", str(tmp_path / "log.ndjson"), "--rules", str(rule_file(tmp_path / "one.toml")), "--format", "ndjson"])
    found = [json.loads(line)["kibana.alert.ancestors"][0] for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == [f"winlogbeat-9-0000{n}" for n in range(3)]


def test_what_cannot_be_read_is_an_input_that_failed(server, scanned):
    code, _, said = scanned(f"{server.url}/missing")
    assert (code, "no such index [missing]" in said) == (3, True)


def test_an_index_that_is_read_in_part_is_said(server, scanned, monkeypatch):
    monkeypatch.setattr("comtrap.sources.elasticsearch.PAGE", 1)
    # Of several slices at once, those that go well may have all events.
    monkeypatch.setattr("comtrap.sources.elasticsearch.SLICES", 1)
    server.faults = [Fault(400, "_search", after=2)]
    code, alerts, said = scanned(f"{server.url}/winlogbeat-9", "--strict")
    assert (code, alerts < 3) == (3, True)
    assert "Elasticsearch answers 400" in said


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["elasticsearch+http://elastic.example/logs"], "--plain-http"),
        (["elasticsearch+https://elastic.example"], "names no index"),
        (["elasticsearch+https://elastic.example/logs", "--timeout", "0"], "timeout"),
        (["elasticsearch+https://elastic.example/logs", "--cluster", "local[1]"], "one machine"),
        (["elasticsearch+https://elastic.example/logs", "--since", "yesterday"], "expected a time such as"),
        (["log.ndjson", "--since", "2026-01-05"], "are for indices of Elasticsearch"),
    ],
)
def test_a_wrong_command_line_is_said_before_anything_is_sent(scanned, capsys, options, why):
    try:
        code, _, said = scanned(*options)
    except SystemExit as ended:
        code, said = ended.code, capsys.readouterr().err
    assert (code, why in said) == (3, True)


def test_an_index_cannot_be_watched(capsys):
    assert main(["watch", "elasticsearch+https://elastic.example/logs"]) == 3
    assert "cannot be watched" in capsys.readouterr().err


def test_alerts_go_to_an_index_each_once(server, scanned):
    target = ("--output", f"{server.url}/alerts")
    code, lines, said = scanned(f"{server.url}/winlogbeat-*", *target)
    assert (code, lines, len(server.indices["alerts"].documents)) == (0, 0, 3)
    assert "3 documents written, 0 were there" in said
    assert "0 documents written, 3 were there" in scanned(f"{server.url}/winlogbeat-*", *target)[2]


def test_alerts_that_are_refused_end_the_command_with_3(server, scanned):
    target = ("--output", f"{server.url}/alerts")
    scanned(f"{server.url}/winlogbeat-*", *target)
    name = next(iter(server.indices["alerts"].documents))
    server.refused = {name: (400, "document_parsing_exception", "failed to parse")}
    code, _, said = scanned(f"{server.url}/winlogbeat-*", *target, "--quiet")
    assert code == 3
    assert "1 documents were refused: 400 document_parsing_exception: failed to parse" in said


def test_an_index_takes_documents_only(server, scanned):
    code, _, said = scanned(f"{server.url}/winlogbeat-*", "--format", "csv", "--output", f"{server.url}/alerts")
    assert (code, "not as --format csv" in said) == (3, True)


@pytest.fixture
def endpoints():
    """Events of which a cluster can tell those that matter."""
    events = [
        {
            "@timestamp": f"2026-01-05T08:00:0{n}.000Z",
            "agent": {"type": "endpoint"},
            "event": {"category": ["process"], "type": ["start"]},
            "host": {"id": "h", "name": "h"},
            "process": {"name": "cmd.exe", "parent": {"name": "dllhost.exe" if n == 3 else "explorer.exe"}},
        }
        for n in range(9)
    ]
    with ElasticServer({"logs-e": events}) as one:
        yield one


def test_what_a_cluster_was_asked_is_said(endpoints, scanned, tmp_path):
    code, alerts, said = scanned(f"{endpoints.url}/logs-*", "--stats", str(tmp_path / "stats"))
    assert (code, alerts) == (0, 1)
    assert "1 of 9 documents could matter, by 1 queries of the cluster" in said
    (told,) = json.loads((tmp_path / "stats").read_text("utf-8"))["narrowed"].values()
    assert told == {"queries": 1, "found": 1, "documents": 9, "read_whole": {}}


def test_everything_is_read_where_that_is_wanted(endpoints, scanned):
    code, alerts, said = scanned(f"{endpoints.url}/logs-*", "--no-push-down")
    assert (code, alerts, "could matter" in said, "9 events" in said) == (0, 1, False, True)


def test_what_is_read_whole_is_said_with_the_reason(endpoints, scanned):
    endpoints.faults = [Fault(400, "_eql", times=9)]
    code, alerts, said = scanned(f"{endpoints.url}/logs-*")
    assert (code, alerts) == (0, 1)
    assert "logs-e: read whole: query: Elasticsearch answers 400" in said


def test_a_query_is_asked_of_the_cluster(endpoints, capsys):
    where = f"{endpoints.url}/logs-e"
    assert main(["query", 'process where process.parent.name == "dllhost.exe"', where, "--format", "ndjson"]) == 0
    out, said = capsys.readouterr()
    assert (len(out.splitlines()), "1 of 9 documents could matter" in said) == (1, True)


def test_a_query_that_finds_nothing_says_how_to_hear_why(endpoints, capsys):
    assert main(["query", 'process where process.name == "none.exe"', f"{endpoints.url}/logs-e"]) == 0
    assert "with --no-push-down all events are read, and it is said why" in capsys.readouterr().err


def test_a_scan_that_finds_nothing_does_not_say_that_there_were_no_events(endpoints, scanned):
    for one in endpoints.indices["logs-e"].documents.values():
        one["process"]["parent"]["name"] = "explorer.exe"
    _, alerts, said = scanned(f"{endpoints.url}/logs-*")
    assert (alerts, "0 of 9 documents could matter" in said, "sources seen" in said) == (0, True, False)
