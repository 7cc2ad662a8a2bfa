"""Any condition means in other words what it means in EQL, also where fields are missing and `not` stands above it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.export import languages, rows, sigma_reader
from tests.material import rule

from comtrap import Index, search
from comtrap.export import crowdstrike, esql, secops, sentinel, sigma, splunk

NAMES = ["a.exe", "B.exe", "ab.exe"]
COMMANDS = ["a", "A b", "C:\\a\\b", 'x "C:\\a" y', "a/b (c) [d] {e} +.^$|*?", "a\nb", "\\\\a\\b", "%a%", "é"]
PATTERNS = [
    "a", "a*", "*a", "*a*", "a*b", "*a?b*", "?:\\\\a\\\\*", "*\\\\a\\\\*", "*(c)*", "*[d]*", "*{e}*", "*+.^$|*", "*\\\"C:*",
    "\\\\\\\\*", "*%*", "?", "", "*é*", "*/b*",
]  # fmt: skip

# Where a platform has no missing values, they are empty ones.
EMPTY = {"sentinel", "secops"}

LEAVES = st.one_of(
    st.sampled_from(NAMES).map(lambda v: f'process.name : "{v}"'),
    st.sampled_from(NAMES).map(lambda v: f'process.parent.name : "{v}"'),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True).map(
        lambda vs: 'process.command_line : ("' + '", "'.join(vs) + '")'
    ),
    st.sampled_from(["a", "A b"]).map(lambda v: f'process.command_line == "{v}"'),
    st.sampled_from(["a", "A b"]).map(lambda v: f'process.command_line != "{v}"'),
    st.just('process.command_line in~ ("A", "c:\\\\A\\\\b")'),
    st.just('process.command_line regex~ ".*a[^x]?b.*"'),
    st.sampled_from(NAMES).map(lambda v: f'process.pe.original_file_name : "{v}"'),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda c: f"not ({c})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda cs: " and ".join(f"({c})" for c in cs)),
        st.lists(inner, min_size=2, max_size=3).map(lambda cs: " or ".join(f"({c})" for c in cs)),
    ),
    max_leaves=5,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(NAMES), "parent": st.sampled_from(NAMES)},
        optional={"command": st.sampled_from(COMMANDS), "original": st.sampled_from(NAMES)},
    ),
    min_size=1,
    max_size=6,
)


def document(event):
    made = {
        "event.code": "1",
        "event.provider": "Microsoft-Windows-Sysmon",
        "event.category": ["process"],
        "event.type": ["start"],
        "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "@timestamp": "2026-01-01T00:00:00.000Z",
        "host.id": "h",
        "process.name": event["name"],
        "process.executable": f"C:\\x\\{event['name']}",
        "process.parent.name": event["parent"],
        "process.parent.executable": f"C:\\x\\{event['parent']}",
    }
    held = {"process.command_line": event.get("command"), "process.pe.original_file_name": event.get("original")}
    return made | {name: value for name, value in held.items() if value is not None}


MAPPING = {
    "properties": {
        **{name: {"type": "keyword"} for name in document({"name": "", "parent": "", "command": "", "original": ""})},
        "@timestamp": {"type": "date"},
    }
}


def found(query, documents):
    answer = search(query, [Index("i", documents, MAPPING)], size=100)
    return {int(one["_id"]) for one in answer["hits"]["events"]}


PLATFORMS = {
    "splunk": (splunk, languages.spl, rows.splunk),
    "sentinel": (sentinel, languages.kql, rows.sentinel),
    "esql": (esql, languages.esql, rows.elastic),
    "crowdstrike": (crowdstrike, languages.falcon, rows.falcon),
    "secops": (secops, languages.udm, rows.udm),
}


@given(CONDITIONS, EVENTS)
@settings(max_examples=150)
def test_sigma_read_back_means_the_same(condition, events):
    documents = [document(one) for one in events]
    query = f'process where event.type == "start" and ({condition})'
    for text in sigma.export([rule(query)]).files.values():
        (again,) = sigma_reader.queries(text, "sysmon")
        assert found(again, documents) == found(query, documents)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@given(condition=CONDITIONS, events=EVENTS)
@settings(max_examples=100)
def test_a_platform_means_the_same(platform, condition, events):
    target, reads, row = PLATFORMS[platform]
    assume(platform not in EMPTY or '""' not in condition)
    documents = [document(one) for one in events]
    query = f'process where event.type == "start" and ({condition})'
    made = target.export([rule(query)])
    assume(not any("for one character" in note.text for note in made.notes))
    regards_case = any("case is not regarded" in note.text for note in made.notes)
    for text in made.files.values():
        holds = reads(text)
        if not regards_case:
            assert {at for at, one in enumerate(documents) if holds(row(one))} == found(query, documents), text
