"""Each exported query over the samples of its rule as documents of a cluster: without what only comtrap fills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import comtrap
from comtrap.cli.main import main
from comtrap.export.elastic_query import elastic_query
from comtrap.export.kibana_rule import fields_of
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.rules.load import load_rules
from comtrap.rules.samples import samples
from comtrap.schema.telemetry import OPEN, telemetry

CASES = [
    pytest.param(rule, sample, id=f"{rule.path.stem}-{sample.path.stem}")
    for rule in load_rules()
    for sample in samples(rule)
]
# The records of hits that only fields of comtrap's own show; `tests/packs/test_elastic.py` holds the list.
NEEDS_COMTRAP = json.loads((Path(__file__).parents[1] / "packs" / "needs_comtrap.json").read_text("utf-8"))
MAPPED = {
    name: {"type": field.written or "keyword"}
    for name, field in telemetry().items()
    if field.supported and not field.copy_of and not name.startswith("comtrap.")
}


def without(document, path):
    *above, last = path.split(".")
    for name in above:
        document = document.get(name)
        if not isinstance(document, dict):
            return
    document.pop(last, None)


@pytest.mark.parametrize(("rule", "sample"), CASES)
def test_a_query_finds_in_a_cluster_what_its_rule_finds_in_a_file(rule, sample, tmp_path):
    assert main(["convert", str(sample.path), "--to", "ndjson", "--output", str(tmp_path / "a.ndjson"), "--quiet"]) == 0
    documents = [json.loads(line) for line in (tmp_path / "a.ndjson").read_text("utf-8").splitlines()]
    for document in documents:
        # A shipper knows its host; all else that is filled here, a cluster lacks.
        for name in document["comtrap"].get("extended") or ():
            if not name.startswith("host."):
                without(document, name)
        del document["comtrap"]
    query = elastic_query(rule)
    named = {field.name for field in fields_of(parse(query).body)} | {"@timestamp", "event.category"}
    mapped = {
        name: MAPPED.get(name, {"type": "keyword"}) for name in sorted(named) if name in MAPPED or name.startswith(OPEN)
    }
    index = comtrap.Index("a", documents, {"properties": mapped})

    hits = comtrap.search(query, [index], size=100)["hits"]

    found = len(hits.get("events") or hits.get("sequences") or ())
    if sample.hit and isinstance(rule.query.body, ast.EventQuery):
        assert found == len(documents) - len(NEEDS_COMTRAP.get(f"{rule.path.stem}/{sample.path.name}", ()))
    else:
        assert bool(found) == sample.hit
