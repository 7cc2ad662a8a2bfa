"""A log written by whoever attacks the host: all of it is text, and none of it is endless."""

from __future__ import annotations

import io
import json
import re

import pytest
from tests.material import event, process, rule, script_block, write
from tests.sinks.html.many import many
from tests.sinks.html.material import Page, report

from comtrap.scan import scan
from comtrap.sinks.html import Sink
from comtrap.sinks.html.room import LARGEST

NASTY = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>",
    "<!--<script>",
    "]]>\"'`><svg/onload=alert(3)>",
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|'/c calc'!A0",
    "invoice\u202ecod.exe \u2066x\u2069 \u200b\u2028\u2029\x00\x1b[2J\ud800",
    "javascript:alert(4)",
)
EVERYTHING = [rule('process where true or registry.path : "*"'), rule("any where true", 2)]


def nasty_process(text, record, **more):
    names = (
        "Image",
        "CommandLine",
        "User",
        "ParentImage",
        "ParentCommandLine",
        "CurrentDirectory",
        "Hashes",
        "Company",
    )
    return process(record, record, **dict.fromkeys(names, text), host=text, **more)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    events = [nasty_process(text, n) for n, text in enumerate(NASTY)]
    events += [
        event(13, 10 + n, 50 + n, EventType="SetValue", TargetObject=f"HKU\\x_Classes\\CLSID\\{text}", Details=text)
        for n, text in enumerate(NASTY)
    ]
    events += [
        script_block(30 + n, 70 + n, f"New-Object -ComObject Shell.Application {t}") for n, t in enumerate(NASTY)
    ]
    return report(tmp_path_factory.mktemp("nasty"), events, EVERYTHING)


def test_a_log_makes_no_elements(page):
    read = Page(page)
    assert read.wrong == []
    assert {tag for tag, _ in read.elements} & {"img", "iframe", "object"} == set()
    assert [attrs for tag, attrs in read.elements if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not [name for _, attrs in read.elements for name in attrs if name.startswith("on")]


def test_what_a_log_says_is_shown(page):
    assert "</script><script>alert(1)</script>" in Page(page).text
    assert "{{ 7 * 7 }}" in Page(page).text


def test_the_data_cannot_end_its_element(page):
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    assert not set("<>&\u2028\u2029") & set(data)
    assert any("<script>alert(1)" in text for text in json.loads(data)["texts"])


def test_what_cannot_be_seen_is_written_out(page):
    assert "invoice\\u{202e}cod.exe" in page
    assert [c for c in page if not c.isprintable() and c != "\n"] == []


def test_no_link_runs_script(page):
    assert [a["href"] for a in Page(page).of("a") if not re.match(r"#|https?://", a["href"])] == []


def test_a_megabyte_in_every_field_is_cut_and_its_length_told(tmp_path):
    big = "<" * 1_000_000
    page = report(tmp_path, [nasty_process(big, 1)], EVERYTHING)
    assert len(page) < 400_000
    assert "(1,000,000 characters)" in page


def test_thousands_of_fields_and_values_are_bounded(tmp_path):
    many = process(1, 1, **{f"Field{n}": "x" * 50 for n in range(3_000)})
    many["tags"] = [f"tag {n}" for n in range(20_000)]
    assert len(report(tmp_path, [many], EVERYTHING)) < 400_000


def test_thousands_of_hostile_alerts_stay_below_the_limit(tmp_path):
    path = write(tmp_path / "a.ndjson", [nasty_process('<\u202e&"' * 3_000, 1)])
    (alert,) = scan([path], EVERYTHING[:1]).alerts
    out = io.StringIO()
    with Sink(out) as sink:
        for one in many([alert], 3_000):
            sink.write(one)
    assert len(out.getvalue().encode()) < LARGEST
