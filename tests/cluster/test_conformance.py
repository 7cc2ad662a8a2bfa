"""Elasticsearch's own cases, with the hits of all of them matched on Spark in one run."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from tests.cluster.spark import session, spark

from comtrap.cluster.rows import ROWS, hit_rows, match_of
from comtrap.cluster.run import _matched
from comtrap.cluster.work import Run, _bucketed
from comtrap.match.keys import sortable, types
from comtrap.match.match import ALL
from comtrap.match.pipes import kept
from comtrap.match.streamed import Room
from comtrap.plan.plan import Plan, SamplePlan
from comtrap.schema.types import Type

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "eql" / "conformance"
SUITES = (
    "derived_semantics", "es_additional", "es_date", "es_date_nanos", "es_extra", "es_missing_events", "es_queries",
    "es_sample", "es_sample_multi", "es_series",
)  # fmt: skip
pytestmark = [
    spark,
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the material beside the checkout is absent"),
]


class Asked(NamedTuple):
    """What a case asks to be matched."""

    query: object
    hits: pa.Table
    limits: object


def acceptance():
    spec = importlib.util.spec_from_file_location("acceptance_eql", SHARED / "acceptance" / "eql.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_of_rules(case):
    """Whether a rule could ask this: none asks for several samples of a key, nor for so many answers of those a pipe leaves."""
    return case["params"].get("max_samples_per_key", 1) == 1 and not (
        "|" in case["query"] and case["params"]["size"] < 50
    )


@pytest.fixture(scope="module")
def cases():
    """All cases that are answered by matching, by suite."""
    told = {suite: json.loads((CASES / f"{suite}.json").read_text("utf-8")) for suite in SUITES}
    return {suite: [case for case in some if is_of_rules(case)] for suite, some in told.items()}


@pytest.fixture(scope="module")
def asked(cases):
    """What each case asks to be matched, by its place; each asks something."""
    module = acceptance()
    data = module.Data(CASES)
    found = {}
    with pytest.MonkeyPatch.context() as patched:
        for suite, some in cases.items():
            for number, case in enumerate(some):

                def kept_for_later(query, _, hits, limits=ALL, at=(suite, number)):
                    found[at] = Asked(query, hits, limits)
                    return []

                patched.setattr(import_module("comtrap.search"), "match", kept_for_later)
                module.query_case(case, data)
    assert found.keys() == {(suite, number) for suite, some in cases.items() for number in range(len(some))}
    return found


def rows_of(number, one):
    """A case's hits, as the machine that reads them sends them."""
    count = one.hits.num_rows
    numbered = one.hits.set_column(0, "query", pa.array([number] * count, pa.uint16()))
    return hit_rows(numbered, _bucketed(one.query, numbered))


@pytest.fixture(scope="module")
def matched(asked, tmp_path_factory):
    """The matches of each case, in no particular order."""
    plan = Plan(tuple(replace(one.query, name=str(at)) for at, one in asked.items()), frozenset())
    rows = [rows_of(number, one) for number, one in enumerate(asked.values())]
    found = {at: [] for at in asked}
    places = list(asked)
    with session(tmp_path_factory.mktemp("poison")) as running:
        # Of a table in chunks, Spark takes none after one that is empty.
        table = pa.Table.from_batches(rows, ROWS).combine_chunks()
        # Two parts, so that hits of one case come from two machines.
        hits = running.createDataFrame(table).repartition(2)
        for row in _matched(hits, Run(plan, room=Room(3, 10_000))).collect():
            found[places[row["query"]]].append(match_of(0, bytes(row["content"])))
    return found


def in_order(one, matches):
    """Matches as an answer lists them: by their last event, then key; samples by key."""
    if isinstance(one.query, SamplePlan):
        kinds = [Type.LONG if kind.is_date else kind for kind in types(one.query.stages)]
        return sorted(matches, key=lambda m: sortable(m.key, kinds))
    columns = (one.hits.column(name).to_pylist() for name in ("event", "time_ns", "tie"))
    place = {event: (time_ns, tie is None, tie or 0, event) for event, time_ns, tie in zip(*columns, strict=True)}
    return sorted(matches, key=lambda m: (place[[e for e in m.events if e is not None][-1]], sortable(m.key)))


@pytest.mark.parametrize("suite", SUITES)
def test_the_answers_are_those_of_elasticsearch(suite, cases, asked, matched):
    module = acceptance()
    data = module.Data(CASES)
    wrong = []
    with pytest.MonkeyPatch.context() as patched:
        for number, case in enumerate(cases[suite]):
            one = asked[suite, number]
            found = in_order(one, matched[suite, number])
            limits = replace(one.limits, position="head") if isinstance(one.query, SamplePlan) else one.limits
            found = found[kept(len(found), (), limits)]
            patched.setattr(import_module("comtrap.search"), "match", lambda *_, found=found: found)
            if not module.query_case(case, data):
                wrong.append(case["name"])
    assert cases[suite]
    assert not wrong


def test_sequences_were_matched(cases, asked, matched):
    sequences = [at for at in asked if cases[at[0]][at[1]]["kind"] == "sequence"]
    assert len(sequences) > 90
    assert sum(len(matched[at]) for at in sequences) > 140
