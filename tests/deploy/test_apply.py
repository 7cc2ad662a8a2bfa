from __future__ import annotations

import json
from collections import Counter

import pytest
from tests.deploy.material import client, excepting, small, wanted
from tests.deploy.server import Fault, KibanaServer
from tests.material import rule

from comtrap.deploy import apply as module
from comtrap.deploy.apply import apply
from comtrap.deploy.plan import Step, plan
from comtrap.deploy.space import read_space
from comtrap.errors import DeployError
from comtrap.export.kibana import bundle
from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.load import load_rules

IMPORT = "_import"
FAULTS = [429, 500, 502, 503, 504, "reset", "lost", "garbage", "silence"]


def deployed(server, want):
    """Whether the space has all that is wanted, each once, and nothing was ever refused."""
    with client(server) as kibana:
        now = plan(want, read_space(kibana, want))
    ids = Counter(one["rule_id"] for one in server.rules)
    return (
        now.pending == ()
        and set(ids.values()) <= {1}
        and set(ids) == {one["rule_id"] for one in want.rules}
        and {one["list_id"] for one in server.lists} == {one["list_id"] for one in want.lists}
        and {one["item_id"] for one in server.items} == {one["item_id"] for one in want.items}
    )


def run(server, want, **more):
    with client(server, **more.pop("client", {})) as kibana:
        return apply(kibana, want, **more)


def test_an_empty_space_gets_everything():
    with KibanaServer() as server:
        outcome = run(server, small())

        assert (outcome.left, outcome.refused, outcome.failures) == ((), (), {})
        assert Counter(change.kind for change in outcome.done) == {"list": 1, "item": 2, "rule": 3}
        assert deployed(server, small())
        assert server.complaints == []


def test_the_whole_pack_with_its_exceptions_is_taken():
    exceptions, _ = load_exceptions([locate_exceptions("com_abuse")])
    want = wanted(bundle(load_rules(), exceptions))
    with KibanaServer() as server:
        assert run(server, want).left == ()
        assert deployed(server, want)
        assert server.complaints == []


def test_a_second_run_changes_nothing():
    with KibanaServer() as server:
        run(server, small())
        before = json.dumps([server.rules, server.lists, server.items])
        asked = len(server.requests)
        outcome = run(server, small())

        assert outcome.done == ()
        assert json.dumps([server.rules, server.lists, server.items]) == before
        assert {method for method, _ in server.requests[asked:]} == {"GET"}


def test_lists_go_before_items_and_items_before_rules():
    with KibanaServer() as server:
        run(server, small())
        written = [path.rpartition("/")[2] for method, path in server.requests if method != "GET"]

    assert written == ["exception_lists", "items", "items", "_import"]


def test_another_space_is_another_space():
    with KibanaServer("soc-1") as server:
        assert run(server, small()).left == ()
        assert all(path.startswith("/s/soc-1/api/") for _, path in server.requests)


def test_rules_go_in_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    with KibanaServer() as server:
        run(server, small(5))
        assert sum(path.endswith(IMPORT) for _, path in server.requests) == 3
        assert deployed(server, small(5))


def test_rules_go_in_parts_that_kibana_takes(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 3_000)
    with KibanaServer() as server:
        run(server, small(4, note="x" * 1_000))
        assert sum(path.endswith(IMPORT) for _, path in server.requests) == 4


def test_what_was_edited_is_put_back():
    with KibanaServer() as server:
        run(server, small())
        server.rules[0] |= {"query": "any where false", "severity": "low"}
        server.items[0] |= {"entries": [{"field": "a", "type": "exists", "operator": "included"}]}
        server.lists[0]["name"] = "Other"
        outcome = run(server, small())

        assert [(c.kind, [d.field for d in c.differences]) for c in outcome.done] == [
            ("list", ["name"]), ("item", ["entries"]), ("rule", ["query", "severity"]),
        ]  # fmt: skip
        assert deployed(server, small())


def test_what_the_space_set_of_its_own_is_kept():
    action = {"action_type_id": ".slack", "id": "1", "params": {}, "uuid": "2"}
    theirs = {"id": "9", "list_id": "theirs", "type": "rule_default", "namespace_type": "single"}
    with KibanaServer() as server:
        run(server, small())
        server.save(server.lists, theirs | {"name": "t", "description": "t"}, None)
        server.rules[0] |= {"enabled": True, "actions": [action], "severity": "low", "throttle": "rule"}
        server.rules[0]["exceptions_list"].append(theirs)
        run(server, small())
        kept = server.rules[0]

        assert (kept["enabled"], kept["actions"], kept["throttle"], kept["severity"]) == (
            True,
            [action],
            "rule",
            "high",
        )
        assert [one["list_id"] for one in kept["exceptions_list"]][1:] == ["theirs"]


@pytest.mark.parametrize(
    "theirs",
    [
        {"immutable": True},
        {"rule_source": {"type": "external", "is_customized": False}},
        {"tags": ["mine"]},
        {"type": "query", "language": "kuery"},
    ],
)
def test_a_prebuilt_or_foreign_rule_is_never_touched(theirs):
    with KibanaServer() as server:
        run(server, small())
        server.rules[0] |= theirs | {"severity": "low"}
        before = json.dumps(server.rules[0])
        outcome = run(server, small())

        assert [change.id for change in outcome.refused] == [small().rules[0]["rule_id"]]
        assert json.dumps(server.rules[0]) == before


def test_a_foreign_rule_is_taken_over_where_that_is_asked_for():
    with KibanaServer() as server:
        run(server, small())
        server.rules[0]["tags"] = ["mine"]

        assert run(server, small(), adopt=True).refused == ()
        assert deployed(server, small())


def test_a_foreign_list_is_never_touched():
    with KibanaServer() as server:
        run(server, small())
        server.lists[0] |= {"tags": [], "name": "Other"}
        server.items[0]["name"] = "Other"
        before = json.dumps([server.lists, server.items])

        assert [change.kind for change in run(server, small()).refused] == ["list", "item", "item"]
        assert json.dumps([server.lists, server.items]) == before


def test_comments_of_people_stay():
    comment = {"id": "1", "comment": "seen", "created_at": "x", "created_by": "y"}
    with KibanaServer() as server:
        run(server, small())
        server.items[0] |= {"comments": [comment], "name": "Other"}
        run(server, small())

        assert (server.items[0]["comments"], server.items[0]["name"]) == ([comment], "Job 0")


def test_an_item_that_someone_else_changes_meanwhile_is_a_conflict_that_the_next_round_mends():
    with KibanaServer() as server:
        run(server, small())
        server.items[0]["name"] = "Other"
        server.faults = [Fault("nothing", "PUT", then=lambda: server.items[0].update(_version="newer", name="Newer"))]
        run(server, small())

        assert server.items[0]["name"] == "Job 0"


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("at", ["GET /api/det", "GET /api/exc", "POST /api/exception_lists", "items", IMPORT])
def test_one_failure_anywhere_is_got_over(how, at):
    waits = []
    with KibanaServer(faults=(Fault(how, at),), patience=0.6) as server:
        outcome = run(server, small(), client={"waits": waits, "timeout": 0.3 if how == "silence" else 5.0})

        assert outcome.left == ()
        assert deployed(server, small())
        assert 0.5 in waits


@pytest.mark.parametrize("how", [500, "reset", "lost", "half"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_failure_that_stays_ends_the_run_and_the_next_one_mends_it(how, after, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    with KibanaServer(faults=(Fault(how, IMPORT, 99, after),)) as server:
        with pytest.raises(DeployError, match="_import"):
            run(server, small(4))
        server.faults = []

        assert run(server, small(4)).left == ()
        assert deployed(server, small(4))


@pytest.mark.parametrize("how", ["drop", "drop_quietly", "duplicate", "refuse", "half"])
def test_what_an_import_does_wrong_once_is_mended_in_the_same_run(how):
    with KibanaServer(faults=(Fault(how, IMPORT),)) as server:
        assert run(server, small()).left == ()
        assert deployed(server, small())


@pytest.mark.parametrize("how", ["drop", "drop_quietly", "duplicate", "refuse"])
def test_what_an_import_does_wrong_always_is_said_and_the_next_run_mends_it(how):
    with KibanaServer(faults=(Fault(how, IMPORT, 99),)) as server:
        outcome = run(server, small())
        named = {change.name for change in outcome.left}
        expected = {"drop": {"Rule 1", "Rule 2"}, "drop_quietly": {"Rule 1", "Rule 2"}, "refuse": {"Rule 1"}}
        assert named == expected.get(how, {"Rule 1", "Rule 2", "Rule 3"})
        assert bool(outcome.failures) == (how in {"drop", "refuse"})
        server.faults = []

        assert run(server, small()).left == ()
        assert deployed(server, small())


def test_of_a_rule_that_is_there_twice_the_one_that_runs_stays():
    with KibanaServer() as server:
        run(server, small())
        copy = server.save_rule(server.rules[0] | {"enabled": True})
        run(server, small())

        assert deployed(server, small())
        assert copy["id"] in {one["id"] for one in server.rules}


def test_a_rule_that_kibana_refuses_does_not_stop_the_others():
    good, bad = rule(number=1), rule(number=2)
    made = bundle([good, bad], ())
    broken = made.rules[1] | {"interval": "often"}
    want = wanted(type(made)((made.rules[0], broken), (), ()))
    with KibanaServer() as server:
        outcome = run(server, want)

        assert [change.name for change in outcome.left] == ["Rule 2"]
        assert "interval" in outcome.failures[str(bad.id)]
        assert [one["rule_id"] for one in server.rules] == [str(good.id)]


def test_an_exception_that_kibana_refuses_does_not_stop_the_rules():
    made = bundle([rule(number=1)], [excepting(1)])
    want = wanted(type(made)(made.rules, made.lists, (made.items[0] | {"entries": []},)))
    with KibanaServer() as server:
        outcome = run(server, want)

        assert [change.kind for change in outcome.left] == ["item"]
        assert "entries" in outcome.failures[made.items[0]["item_id"]]
        assert len(server.rules) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_ends_the_run_at_once(status):
    with KibanaServer(faults=(Fault(status, times=99),)) as server:
        with pytest.raises(DeployError) as ended:
            run(server, small())

        assert ended.value.status == status
        assert len(server.requests) == 1


def test_steps_are_told_before_they_are_done():
    told = []
    with KibanaServer() as server:
        run(server, small(), told=lambda change: told.append((change.step, len(server.rules))))

    assert told == [(Step.CREATE, 0)] * 6


@pytest.mark.parametrize("name", ["errors", "exceptions_errors", "action_connectors_errors"])
def test_all_that_an_import_says_went_wrong_is_read(name):
    answer = {name: [{"id": "7", "error": {"status_code": 400, "message": "no such thing"}}, "odd", {"error": "plain"}]}

    class Answering:
        def upload(self, *_, **__):
            return answer

    assert module._import(Answering(), ['{"rule_id": "1"}\n']) == {"7": "no such thing", "?": "plain"}


@pytest.mark.parametrize("answer", [[], "text", None, 7])
def test_an_answer_to_an_import_that_is_none_is_a_failure_of_its_rules(answer):
    class Answering:
        def upload(self, *_, **__):
            return answer

    assert set(module._import(Answering(), ['{"rule_id": "1"}\n', '{"rule_id": "2"}\n'])) == {"1", "2"}
