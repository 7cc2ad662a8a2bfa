"""EQL over documents in memory, as Elasticsearch answers it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import comtrap
from comtrap.errors import RunError
from comtrap.search import Index, evaluate, search

PAGES = Path(__file__).parents[1] / "docs" / "errors"
EVENTS = [
    {"@timestamp": 1000, "event": {"category": "p"}, "k": "x", "n": 1},
    {"@timestamp": 2000, "event": {"category": "q"}, "k": "x", "n": 2, "_id": "mine"},
    {"@timestamp": 3000, "event": {"category": "p"}, "k": "y"},
    {"event": {"category": "p"}, "k": "z"},
]
INDEX = Index("i", EVENTS)


def ids(query, *indices, **request):
    hits = search(query, indices or [INDEX], **request)["hits"]
    if "events" in hits:
        return [event["_id"] for event in hits["events"]]
    return [[event["_id"] for event in found["events"]] for found in hits["sequences"]]


class TestAnswers:
    def test_the_frame_is_elasticsearchs(self):
        answer = search("p where true", [INDEX])

        assert set(answer) == {"is_partial", "is_running", "took", "timed_out", "hits"}
        assert answer["is_partial"] is answer["is_running"] is answer["timed_out"] is False
        assert isinstance(answer["took"], int)

    def test_events_have_index_id_and_source(self):
        hits = search("q where true", [INDEX])["hits"]

        source = {name: value for name, value in EVENTS[1].items() if name != "_id"}
        assert hits == {
            "total": {"value": 1, "relation": "eq"},
            "events": [{"_index": "i", "_id": "mine", "_source": source}],
        }

    def test_an_id_is_the_position_in_its_index_where_the_document_has_none(self):
        second = Index("j", [{"@timestamp": 1500, "event.category": "p"}])

        found = search("p where true", [INDEX, second])["hits"]["events"]

        assert [(event["_index"], event["_id"]) for event in found] == [("i", "0"), ("j", "0"), ("i", "2")]

    def test_sequences_have_join_keys_and_events(self):
        (found,) = search("sequence by k [p where true] [q where true]", [INDEX])["hits"]["sequences"]

        assert found["join_keys"] == ["x"]
        assert [event["_id"] for event in found["events"]] == ["0", "mine"]

    def test_a_missing_event_has_a_place_of_its_own(self):
        (found,) = search("sequence with maxspan=1m [p where n == 1] ![q where n == 9] [p where true]", [INDEX])[
            "hits"
        ]["sequences"]

        assert found["events"][1] == {"_index": "", "_id": "", "_source": {}, "missing": True}

    def test_no_matches_are_an_empty_list(self):
        assert search("p where false", [INDEX])["hits"]["events"] == []
        assert search("sequence [p where false] [q where true]", [INDEX])["hits"]["sequences"] == []

    def test_the_total_is_at_least_what_is_returned_where_the_limit_was_reached(self):
        assert search("any where true", [INDEX], size=2)["hits"]["total"] == {"value": 2, "relation": "gte"}
        assert search("any where true", [INDEX], size=0)["hits"]["total"] == {"value": 0, "relation": "eq"}

    def test_dates_are_join_keys_as_iso_in_sequences_and_milliseconds_in_samples(self):
        mapping = {
            "properties": {
                "@timestamp": {"type": "date"},
                "d": {"type": "date"},
                "event": {"properties": {"category": {"type": "keyword"}}},
            }
        }
        index = Index(
            "i", [{"@timestamp": at, "event.category": c, "d": "1970-01-02"} for at, c in ((1, "p"), (2, "q"))], mapping
        )

        assert search("sequence by d [p where true] [q where true]", [index])["hits"]["sequences"][0]["join_keys"] == [
            "1970-01-02T00:00:00.000Z"
        ]
        assert search("sample by d [p where true] [q where true]", [index])["hits"]["sequences"][0]["join_keys"] == [
            "86400000"
        ]


class TestOrder:
    def test_documents_without_a_timestamp_are_in_samples_alone(self):
        assert ids("any where true") == ["0", "mine", "2"]
        assert ids(
            "sample by k [p where true] [any where true]", Index("i", [*EVENTS, {"k": "z", "event.category": "r"}])
        ) == [["0", "mine"], ["3", "4"]]

    @pytest.mark.parametrize(
        ("kind", "ties", "expected"),
        [
            ("long", [3, None, 1, 2], ["2", "3", "0", "1"]), ("keyword", ["b", None, "B", "a"], ["2", "3", "0", "1"]), ("version", ["1.10", None, "1.9", "1.9.1"], ["2", "3", "0", "1"]),
            ("ip", ["10.0.0.1", None, "9.0.0.1", "9.0.0.2"], ["2", "3", "0", "1"]), ("double", [2.5, None, -1, 2], ["2", "3", "0", "1"]), ("boolean", [True, None, False, True], ["2", "0", "3", "1"]),
        ],
    )  # fmt: skip
    def test_a_tiebreaker_of_any_type_orders_events_of_one_time_and_comes_last_where_it_is_missing(
        self, kind, ties, expected
    ):
        mapping = {"properties": {"@timestamp": {"type": "date"}, "tie": {"type": kind}}}

        assert (
            ids(
                "any where true",
                Index("i", [{"@timestamp": 5, "tie": tie} for tie in ties], mapping),
                tiebreaker_field="tie",
            )
            == expected
        )

    def test_without_tiebreaker_the_documents_order_does(self):
        assert ids("any where true", Index("i", [{"@timestamp": 5}] * 3)) == ["0", "1", "2"]

    def test_another_field_may_order_them(self):
        index = Index(
            "i", [{"@timestamp": 1, "when": "2024-03-06"}, {"@timestamp": 2, "when": "2024-03-05"}, {"@timestamp": 3}]
        )

        assert ids("any where true", index, timestamp_field="when") == ["1", "0"]
        assert ids("any where `@timestamp` == 1", index, timestamp_field="when") == ["0"]

    @pytest.mark.parametrize(("position", "expected"), [("head", ["0", "mine"]), ("tail", ["mine", "2"])])
    def test_size_counts_from_the_end_asked_for(self, position, expected):
        assert ids("any where true", size=2, result_position=position) == expected


class TestSchemas:
    def test_a_field_of_one_index_is_mapped_in_all(self):
        other = Index("j", [{"@timestamp": 1, "only": "a", "event.category": "p"}])

        assert ids('any where only != "a"', INDEX, other) == ["0", "mine", "2"]

    def test_numbers_of_two_kinds_join(self):
        first = Index(
            "i", [{"@timestamp": 1, "n": 1}], {"properties": {"n": {"type": "long"}, "@timestamp": {"type": "date"}}}
        )
        second = Index(
            "j",
            [{"@timestamp": 2, "n": 1.5}],
            {"properties": {"n": {"type": "double"}, "@timestamp": {"type": "date"}}},
        )

        assert ids("any where n >= 1", first, second) == ["0", "0"]
        assert ids("any where n > 1", first, second) == ["0"]

    def test_an_alias_is_the_category(self):
        mapping = {
            "properties": {
                "@timestamp": {"type": "date"},
                "kind": {"type": "keyword"},
                "event": {"properties": {"category": {"type": "alias", "path": "kind"}}},
            }
        }

        assert ids(
            "p where true", Index("i", [{"@timestamp": 1, "kind": "p"}, {"@timestamp": 2, "kind": "q"}], mapping)
        ) == ["0"]

    def test_the_category_may_be_another_field(self):
        assert ids("x where true", event_category_field="k") == ["0", "mine"]

    def test_no_documents_and_no_indices(self):
        assert ids("any where true", Index("i", [])) == []
        assert search("any where true", [])["hits"]["events"] == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("request_", "title"),
        [
            ({"size": -1}, "size must be greater than or equal to 0, found -1"), ({"size": True}, "size must be"), ({"size": 1.5}, "size must be"),
            ({"result_position": "middle"}, "result_position must be head or tail"), ({"max_samples_per_key": 0}, "max_samples_per_key must be greater than 0, found 0"),
            ({"timestamp_field": ""}, "timestamp field is null or empty"), ({"event_category_field": ""}, "event category field is null or empty"),
        ],
    )  # fmt: skip
    def test_a_wrong_request(self, request_, title):
        with pytest.raises(comtrap.QueryError, match=re.escape(title)) as raised:
            search("any where true", [INDEX], **request_)

        assert {diagnostic.code for diagnostic in raised.value.diagnostics} == {"E291"}

    def test_everything_wrong_with_a_request_is_told_at_once(self):
        with pytest.raises(comtrap.QueryError) as raised:
            search("any where true", [INDEX], size=-1, max_samples_per_key=0)

        assert len(raised.value.diagnostics) == 2

    @pytest.mark.parametrize("query", ["", " ", "any where", "any where nothing == 1", 'any where n == "x"'])
    def test_a_wrong_query(self, query):
        with pytest.raises(comtrap.QueryError):
            search(query, [INDEX])

    def test_a_condition_that_fails_on_a_document(self):
        with pytest.raises(RunError, match=r'error\[E290\]: "x" is not a number of base 10'):
            search("any where number(k) == 1", [INDEX])

    @pytest.mark.parametrize("code", ["E290", "E291"])
    def test_each_error_has_a_page(self, code):
        page = (PAGES / f"{code}.md").read_text("utf-8")

        assert page.startswith(f"# {code}: ")
        assert f"error[{code}]: " in page


class TestEvaluate:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("1 + 2", 3),
            ('concat("a", 1)', "a1"),
            ("null", None),
            ("true or null", True),
            ("7 / 2", 3),
            ("7 / 2.0", 3.5),
            ('length("") == 0', True),
        ],
    )
    def test_without_a_document(self, expression, expected):
        found = evaluate(expression)

        assert found == expected
        assert type(found) is type(expected)

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("process.pid + 1", 8), ('process.name : "CMD*"', True), ("?never == null", True), ("length(process.name)", 7), ("tags", ["a", "b"]), ('tags == "b"', True),
            ('not tags == "b"', False), ("concat(tags, process.pid)", ["a7", "b7"]), ("`@timestamp` == 5", True),
        ],
    )  # fmt: skip
    def test_on_a_document(self, expression, expected):
        assert (
            evaluate(expression, {"process": {"pid": 7, "name": "cmd.exe"}, "tags": ["a", "b"], "@timestamp": 5})
            == expected
        )

    @pytest.mark.parametrize("expression", ["", "1 +", "nothing", "nothing == 1", 'number("x")', "1 / 0", "length(1)"])
    def test_what_has_no_value(self, expression):
        with pytest.raises(comtrap.QueryError):
            evaluate(expression)

    def test_on_a_document_a_condition_may_fail(self):
        with pytest.raises(RunError):
            evaluate("number(k)", {"k": "x"})
