from __future__ import annotations

import base64
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.golden import check_golden
from tests.material import process, rule, script_block, write
from tests.sinks.html.material import Page, block, report

from comtrap.cli.main import main
from comtrap.rules.rule import Severity

RULES = (
    rule(name="Program started by the COM surrogate"),
    rule('process where process.name : "cmd.exe"', 2, name="Shell", severity=Severity.LOW),
    rule('any where powershell.file.script_block_text : "*CreateObject*"', 3, name="Script", sources=("powershell",)),
)
EVENTS = (process(0, 1), process(9, 2, host="host2"), script_block(20, 3, "CreateObject('WScript.Shell')"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return report(tmp_path_factory.mktemp("page"), EVENTS, RULES)


@pytest.fixture(scope="module")
def read(page):
    return Page(page)


def test_every_element_is_closed(read):
    assert read.wrong == []


def test_no_two_elements_have_one_id(read):
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_link_inside_leads_somewhere(read):
    ids = {attrs.get("id") for _, attrs in read.elements}
    assert [a["href"] for a in read.of("a") if a["href"].startswith("#") and a["href"][1:] not in ids] == []


def test_headings_go_down_one_level_at_a_time(read):
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_policy_names_what_runs_and_styles_by_its_hash(page, read):
    policy = next(m["content"] for m in read.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    for kind, text in (("script-src", script), ("style-src", block(page, "style")[0])):
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{hashed}';" in policy


def test_nothing_is_loaded(read):
    assert not [attrs for _, attrs in read.elements if {"src", "srcset", "action", "background"} & set(attrs)]
    assert {tag for tag, _ in read.elements} & {"link", "img", "iframe", "object", "embed", "base", "audio"} == set()


def test_no_element_has_script_or_style_of_its_own(read):
    assert not [name for _, attrs in read.elements for name in attrs if name.startswith("on") or name == "style"]


def test_the_script_never_makes_elements_of_text(page):
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|fetch|XMLHttp", script)


def test_the_title_counts_alerts_and_hosts(read):
    assert "5 alerts on 2 hosts" in read.text


def test_an_entry_shows_what_matched_without_any_script(page):
    assert "<mark>dllhost.exe</mark>" in page
    assert "<li>process.parent.name : &#34;dllhost.exe&#34;</li>" in page


def test_alerts_of_the_same_events_are_one_entry(read):
    assert len([a for a in read.of("details") if a.get("class") == "entry"]) == 3


def test_what_the_script_reads_tells_of_every_entry(page):
    data = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    assert [entry[2] for entry in data["entries"]] == [2, 1, 2]
    assert data["hosts"] == ["host1", "host2"]


def test_rules_that_had_no_source_are_named(tmp_path):
    shown = Page(report(tmp_path, EVENTS[:1], RULES)).text
    assert "1 rule had no event to look at" in shown
    assert "Script needs powershell events" in shown


def test_without_alerts_it_says_what_was_read_and_what_was_missing(tmp_path):
    page = report(tmp_path, EVENTS[:1], [RULES[2]])
    read = Page(page)
    assert read.wrong == []
    assert "No rule found anything." in read.text
    assert "1 event in 1 file were read" in read.text
    assert "Sources that rules could use and that are not there: powershell." in read.text


def test_a_second_report_has_the_same_bytes(tmp_path, page):
    assert report(tmp_path, EVENTS, RULES) == page


def test_of_too_many_alerts_the_worst_are_kept_and_the_rest_counted(tmp_path):
    page = report(tmp_path, EVENTS, RULES, most=2)
    assert "3 alerts more than a report shows" in Page(page).text
    data = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    assert [rule[0] for rule in data["rules"]] == [73]


def test_the_list_of_alerts_as_it_is_written(page):
    text = page[page.index('<section class="onhost"') : page.index('<section id="attack"')]
    check_golden(Path(__file__).parent / "alerts.html", text)


def test_any_number_of_processes_writes_the_same_bytes(tmp_path):
    write(tmp_path / "a.ndjson", EVENTS)
    write(tmp_path / "b.ndjson", EVENTS[1:])
    for jobs in ("1", "3"):
        arguments = [
            "scan",
            str(tmp_path),
            "--format",
            "html",
            "--output",
            str(tmp_path / f"{jobs}.html"),
            "--jobs",
            jobs,
        ]
        assert main([*arguments, "--quiet"]) == 0
        (tmp_path / f"{jobs}.html").rename(tmp_path.parent / f"{jobs}.html")
    assert (tmp_path.parent / "1.html").read_bytes() == (tmp_path.parent / "3.html").read_bytes()


def test_the_chain_of_a_story_names_its_objects(page):
    assert '<span class="as">CMSTPLUA</span> <span aria-hidden="true">→</span> <bdi>dllhost.exe</bdi>' in page


CLASSES = ["{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", "{0F87369F-A4E5-4CFC-BD3E-73E6154572DD}"]
GUIDE = "1. `comtrap com {class id}`: whose is it?"


def test_a_guide_looks_up_the_classes_of_its_alerts(tmp_path):
    events = [process(n, n, CommandLine=f"dllhost.exe /Processid:{name}") for n, name in enumerate(CLASSES)]
    text = Page(report(tmp_path, events, [rule(note=GUIDE)])).text

    known = "CMSTPLUA, elevates without a prompt; see COM objects"
    assert f'comtrap com "{CLASSES[0]}" ({known}), comtrap com "{CLASSES[1]}" (Task Scheduler' in text


def test_a_guide_looks_up_the_progids_of_its_alerts(tmp_path):
    creating = [process(0, 1, CommandLine="powershell -c New-Object -ComObject WScript.Shell")]
    guide = rule(
        'process where process.command_line : "*ComObject*"', note="1. `comtrap com <ProgID or class id>`: what for?"
    )
    text = Page(report(tmp_path, creating, [guide])).text

    assert 'comtrap com "WScript.Shell" (Windows Script Host shell; see COM objects): what for?' in text


def test_a_guide_whose_alerts_name_no_class_stays_as_it_is(tmp_path):
    page = Page(report(tmp_path, [process(0, 1, ParentCommandLine="dllhost.exe")], [rule(note=GUIDE)]))

    assert "comtrap com {class id}: whose is it?" in page.text


def test_a_guide_leads_back_to_its_alerts(tmp_path):
    page = Page(report(tmp_path, EVENTS, RULES))

    assert "Here: host1 2026-01-05 08:00:00.000, host2 2026-01-05 08:00:09.000" in page.text


def test_a_story_is_named_by_the_rule_that_tells_it_from_others(tmp_path):
    rules = [rule(name="Often"), rule('process where process.name : "second.exe"', 2, name="Seldom")]
    events = [process(0, 1), process(1, 2, "second.exe"), process(9000, 3, host="host2")]
    titles = re.findall(r"<h4[^>]*>([^<]*)</h4>", report(tmp_path, events, rules))

    assert "Seldom" in titles
