"""The whole pack as Kibana's import file, held to Kibana's schema and to what Elastic's rule tests check."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from tests.deploy import schema
from tests.deploy.material import excepting
from tests.golden import check_golden
from tests.material import rule

from comtrap.com.actor import Actor
from comtrap.errors import PluginError
from comtrap.export.kibana import bundle, export
from comtrap.export.kibana_rule import MARK, Options, kibana_rule
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.lang.walk import walk
from comtrap.rules.attack import edition, technique
from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.load import load_rules
from comtrap.rules.read import duration
from comtrap.rules.suppression import Suppression
from comtrap.schema.telemetry import telemetry

SHARED = Path(__file__).parents[3] / "shared" / "schema"
GOLDEN = Path(__file__).parent / "golden" / "kibana_rule.json"
RULES = load_rules()
EXCEPTIONS, _ = load_exceptions([locate_exceptions("com_abuse")])
TEXT = export(RULES, EXCEPTIONS).files["kibana.ndjson"]
LINES = [json.loads(line) for line in TEXT.splitlines()]
MADE = [line for line in LINES if "rule_id" in line]
LISTS = [line for line in LINES if "list_id" in line and "item_id" not in line]
ITEMS = [line for line in LINES if "item_id" in line]
MARKDOWN = MarkdownIt("commonmark", {"html": True})
INDICES = re.compile(
    r"winlogbeat-\*|logs-(endpoint\.events\.(process|registry|library|network|file|api)|system\.(security|system)"
    r"|windows\.(sysmon_operational|forwarded|powershell|powershell_operational)|winlog\.winlog)-\*"
)

every = pytest.mark.parametrize("made", MADE, ids=[one.path.stem for one in RULES])


def fields(query):
    """The fields of a query, keys included."""
    body = parse(query).body
    if isinstance(body, ast.EventQuery):
        return [node for node in walk(body.condition) if isinstance(node, ast.Field)]
    ends = [body.until] if getattr(body, "until", None) else []
    stages = [*body.stages, *ends]
    below = [node for stage in stages for node in walk(stage.query.condition) if isinstance(node, ast.Field)]
    return [*body.by, *(key for stage in stages for key in stage.by), *below]


def test_every_rule_of_the_pack_is_exported():
    assert [one["rule_id"] for one in MADE] == [str(one.id) for one in RULES]


@every
def test_a_rule_is_of_kibanas_schema(made):
    schema.rule(made, imported=True)


def test_lists_and_items_are_of_kibanas_schema():
    for one in LISTS:
        schema.exception_list(one, imported=True)
    for one in ITEMS:
        schema.exception_item(one, imported=True)


def test_the_last_line_counts_what_is_there():
    schema.DETAILS(LINES[-1], "details")
    counts = {name: value for name, value in LINES[-1].items() if value}
    assert counts == {
        "exported_count": len(LINES) - 1,
        "exported_rules_count": len(MADE),
        "exported_exception_list_count": len(LISTS),
        "exported_exception_list_item_count": len(ITEMS),
    }


def test_items_stand_behind_their_list():
    behind = [line["list_id"] for line in LINES if "list_id" in line]
    assert behind == sorted(behind, key=behind.index)
    assert all("item_id" not in line for line, before in zip(LINES[1:], LINES, strict=False) if "rule_id" in before)


def test_every_reference_is_to_a_list_that_is_there():
    there = {one["list_id"] for one in LISTS}
    assert {reference["list_id"] for one in MADE for reference in one["exceptions_list"]} == there


def test_a_rule_gets_the_exceptions_that_name_it_and_no_others():
    for one in MADE:
        lists = {reference["list_id"] for reference in one["exceptions_list"]}
        got = {(item["name"], item["description"]) for item in ITEMS if item["list_id"] in lists}
        named = {(i.name, i.reason) for e in EXCEPTIONS for i in e.items if one["rule_id"] in map(str, i.rules)}
        assert got == named


@every
def test_a_rule_is_known_as_ours_and_is_off(made):
    assert MARK in made["tags"]
    assert made["enabled"] is False


@every
def test_a_name_is_one_that_elastic_takes(made):
    assert re.fullmatch(r"[a-zA-Z0-9].+?[a-zA-Z0-9\[\]()]", made["name"])


@every
def test_a_rule_id_is_a_uuid(made):
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["rule_id"])


def test_names_and_ids_are_unique():
    assert len({one["rule_id"] for one in MADE}) == len({one["name"] for one in MADE}) == len(MADE)


@every
def test_a_guide_begins_with_elastics_heading(made):
    assert made["note"].startswith("## Triage and analysis\n")
    assert len(re.findall(r"^## ", made["note"], re.MULTILINE)) == 1


@pytest.mark.parametrize("stack", [(8, 2), (8, 18), (9, 0), (9, 4), (9, 5), (10, 0)])
def test_techniques_have_the_names_and_places_of_the_stacks_attack(stack):
    attack = edition(19 if stack >= (9, 5) else 18)
    for made in bundle(RULES, (), Options(stack=stack)).rules:
        tactics = [one["tactic"]["id"] for one in made["threat"]]
        assert len(set(tactics)) == len(tactics)
        assert {f"Tactic: {one['tactic']['name']}" for one in made["threat"]} == {
            tag for tag in made["tags"] if tag.startswith("Tactic: ")
        }
        for threat in made["threat"]:
            tactic = threat["tactic"]
            assert tactic["name"] == attack.tactics[tactic["id"]]
            assert tactic["reference"] == f"https://attack.mitre.org/tactics/{tactic['id']}/"
            assert len({one["id"] for one in threat["technique"]}) == len(threat["technique"])
            for one in threat["technique"]:
                below = one.get("subtechnique", [])
                assert below or "subtechnique" not in one
                assert all(sub["id"].startswith(f"{one['id']}.") for sub in below)
                for known in (one, *below):
                    assert known["name"] == attack.techniques[known["id"]]["name"]
                    assert tactic["id"] in attack.techniques[known["id"]]["tactics"]
                    assert known["reference"] == f"https://attack.mitre.org/techniques/{known['id'].replace('.', '/')}/"


def test_every_rule_keeps_its_techniques_on_every_stack():
    """Only what ATT&CK 19 revoked is called otherwise."""
    for old, new in zip(MADE, bundle(RULES, EXCEPTIONS, Options(stack=(9, 5))).rules, strict=True):
        before = {"T1685" if name in {"T1562", "T1562.001"} else name for name in techniques(old)}
        assert techniques(new) == before


def techniques(made):
    found = [one for threat in made["threat"] for one in threat["technique"]]
    return {one["id"] for one in found} | {sub["id"] for one in found for sub in one.get("subtechnique", ())}


@every
def test_tactics_are_tags(made):
    tactics = {f"Tactic: {one['tactic']['name']}" for one in made["threat"]}
    assert {tag for tag in made["tags"] if tag.startswith("Tactic: ")} == tactics


@every
def test_index_patterns_are_those_of_windows_data(made):
    assert all(INDICES.fullmatch(pattern) for pattern in made["index"])
    assert len(set(made["index"])) == len(made["index"])


@every
def test_fields_are_elastics_own(made):
    assert [field.name for field in fields(made["query"]) if field.name.startswith("comtrap.")] == []
    assert [field.name for field in fields(made["query"]) if field.name not in telemetry()] == []


@every
def test_required_fields_are_those_of_the_query(made):
    needed = {field.name for field in fields(made["query"]) if not field.optional}
    assert {one["name"] for one in made["required_fields"]} == needed


@every
def test_what_is_looked_back_at_holds_every_sequence_and_every_gap(made):
    body = parse(made["query"]).body
    seen, interval = duration(made["from"].removeprefix("now-")), duration(made["interval"])
    assert seen >= max(timedelta(minutes=9), interval)
    if isinstance(body, ast.Sequence):
        assert body.maxspan_ms is not None
        longest = timedelta(milliseconds=body.maxspan_ms)
        assert seen >= longest + interval
        assert longest <= timedelta(minutes=2.5) or interval >= longest / 2


@every
def test_only_single_events_are_ranged_by_arrival(made):
    arrival = "event.ingested" if isinstance(parse(made["query"]).body, ast.EventQuery) else None
    assert made.get("timestamp_override") == arrival


BANDS = {"low": (0, 21), "medium": (22, 47), "high": (48, 73), "critical": (74, 100)}
TIMELINES = {
    "e70679c2-6cde-4510-9764-4823df18f7db": "Comprehensive Process Timeline",
    "3e47ef71-ebfc-4520-975c-cb27fc090799": "Comprehensive Registry Timeline",
}


@every
def test_a_risk_score_is_in_its_severitys_band(made):
    low, high = BANDS[made["severity"]]
    assert low <= made["risk_score"] <= high


@every
def test_tags_are_each_there_once_and_without_stray_blanks(made):
    assert len(set(made["tags"])) == len(made["tags"])
    assert all(tag == " ".join(tag.split()) for tag in made["tags"])
    assert {"Domain: Endpoint", "OS: Windows"} <= set(made["tags"])


@every
def test_a_rule_with_a_guide_says_so(made):
    assert ("Resources: Investigation Guide" in made["tags"]) is ("## Triage and analysis" in made["note"])


@every
def test_markdown_holds_no_placeholder_and_no_open_code(made):
    for text in (made["note"], made["setup"], made["description"]):
        assert not re.search(r"!\{|\$(osquery|investigate)_\d|\{\{", text)
        assert text.count("```") % 2 == 0


@every
def test_markdown_is_shown_as_it_is_written(made):
    """No tag, no escape that a reader does not see, and headings one step at a time."""
    for text in (made["note"], made["setup"]):
        levels = [1]
        for block in MARKDOWN.parse(text):
            assert block.type not in {"html_block", "code_block"}, block.content
            if block.type == "heading_open":
                level = int(block.tag[1])
                assert 2 <= level <= levels[-1] + 1, text
                levels.append(level)
            for part in block.children or ():
                assert part.type not in {"html_inline", "softbreak"}, block.content
            outside = re.sub(r"`[^`]*`", "", block.content) if block.type == "inline" else ""
            assert not re.search(r"\\[!-/:-@\[-`{-~]", outside), outside


@every
def test_a_timeline_is_one_that_elastic_ships(made):
    assert TIMELINES.get(made.get("timeline_id")) == made.get("timeline_title")


@every
def test_a_description_is_one_paragraph_or_more_of_flowing_text(made):
    assert made["description"] == made["description"].strip()
    assert not re.search(r"[^\n]\n[^\n]", made["description"])


@every
def test_a_guide_and_a_setup_have_no_line_break_within_a_paragraph(made):
    for text in (made["note"], made["setup"]):
        for before, line in pairwise(text.split("\n")):
            assert not before or re.match(r" *(\d+\.|[*-]) ", line) or not line, line


@every
def test_references_are_addresses_each_there_once(made):
    assert all(re.fullmatch(r"https?://\S+", one) for one in made["references"])
    assert len(set(made["references"])) == len(made["references"])


@every
def test_alerts_are_no_more_than_a_stack_allows(made):
    assert 1 <= made["max_signals"] <= 1000


@every
def test_fields_to_look_at_are_elastics_own(made):
    named = made.get("investigation_fields", {}).get("field_names", [])
    assert [name for name in named if name not in telemetry() or name.startswith("comtrap.")] == []


def test_a_field_that_only_comtrap_fills_is_not_highlighted():
    both = rule(highlighted=("comtrap.process.decoded_command", "process.name"))
    ours = rule(highlighted=("comtrap.process.decoded_command",))

    assert kibana_rule(both)["investigation_fields"] == {"field_names": ["process.name"]}
    assert "investigation_fields" not in kibana_rule(ours)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the material beside the checkout is absent")
@every
def test_required_fields_have_the_types_of_elastics_schemas(made):
    for one in made["required_fields"]:
        types = {found[one["name"]]["type"] for found in schemas() if one["name"] in found}
        assert not types or one["type"] in types


@cache
def schemas():
    names = ("ecs", "endpoint", "winlog")
    return [json.loads((SHARED / f"{name}.json").read_text("utf-8"))["fields"] for name in names]


def test_one_rule_in_full():
    query = (
        'process where event.type == "start" and process.parent.name : "dllhost.exe" and\n'
        '  (process.name : "cmd.exe" or ?comtrap.process.decoded_command : "*") and\n'
        '  not winlog.event_data.ParentUser : "*SYSTEM" // the system\'s own'
    )
    one = rule(
        query,
        index=("logs-windows.sysmon_operational-*", "logs-endpoint.events.process-*", "winlogbeat-*"),
        description="The surrogate\nstarts a shell.",
        techniques=tuple(map(technique, ("T1559.001", "T1546.015/TA0003", "T1218"))),
        references=("https://example.org/a",),
        false_positives=("None known.",),
        tags=("OS: Windows",),
        risk_reason="High: it is rare.",
        actors=(Actor("A Group", "does it", "https://example.org/b"),),
        note="## Triage\n\n1. Look at it.",
        response="## Response\n\n1. End it.",
        setup="* Sysmon event 1.",
        highlighted=("process.command_line",),
        suppression=Suppression(("host.id",), timedelta(minutes=30)),
        kibana={"rule_name_override": "message"},
    )
    made = bundle([one], [excepting(1)])
    check_golden(GOLDEN, json.dumps([*made.rules, *made.lists, *made.items], indent=2, ensure_ascii=False) + "\n")


def test_nothing_depends_on_the_run():
    assert export(load_rules(), EXCEPTIONS).files["kibana.ndjson"] == TEXT


def test_index_patterns_are_kept_and_renamed():
    one = rule(index=("winlogbeat-*", "logs-system.security-*", "logs-endpoint.events.process-*"))

    kept = kibana_rule(one, Options(index=(("logs-*", ""), ("winlogbeat-*", "dc1:winlogbeat-*"))))
    assert kept["index"] == ["dc1:winlogbeat-*", "logs-system.security-*", "logs-endpoint.events.process-*"]
    kept = kibana_rule(one, Options(index=(("logs-system.*", ""),)))
    assert kept["index"] == ["logs-system.security-*"]
    assert kept["related_integrations"] == [{"package": "system", "version": ">=1.0.0"}]


def test_a_rule_that_reads_no_kept_index_is_left_out():
    made = bundle([rule(number=1), rule(number=2, index=("endgame-*",))], (), Options(index=(("logs-*", ""),)))

    assert [one["rule_id"] for one in made.rules] == [str(rule(number=1).id)]
    assert [(note.rule.id, note.left_out) for note in made.notes] == [(rule(number=2).id, True)]


def test_a_data_view_stands_in_for_index_patterns():
    made = kibana_rule(rule(), Options(data_view="security-solution-default"))

    assert made["data_view_id"] == "security-solution-default"
    assert "index" not in made


@pytest.mark.parametrize(
    ("stack", "missing"),
    [
        ((9, 0), set()),
        ((8, 14), set()),
        ((8, 13), {"alert_suppression"}),
        ((8, 10), {"alert_suppression", "investigation_fields"}),
        ((8, 2), {"alert_suppression", "investigation_fields", "related_integrations", "required_fields", "setup"}),
    ],
)
def test_an_older_stack_gets_no_later_field(stack, missing):
    one = rule(highlighted=("process.name",), setup="Sysmon.", suppression=Suppression(("host.id",)))
    newest, made = kibana_rule(one), kibana_rule(one, Options(stack=stack))

    assert set(newest) - set(made) == missing
    assert ("### Setup\n\nSysmon." in made.get("note", "")) == ("setup" in missing)


def test_sequences_are_suppressed_since_8_18():
    one = rule(
        "sequence by host.id [any where true] [any where true]",
        suppression=Suppression(("host.id",), timedelta(minutes=90)),
    )

    assert "alert_suppression" not in kibana_rule(one, Options(stack=(8, 17)))
    assert kibana_rule(one, Options(stack=(8, 18)))["alert_suppression"]["duration"] == {"value": 90, "unit": "m"}


def test_fields_for_kibana_alone_are_passed_on():
    more = {"severity_mapping": [{"field": "a", "operator": "equals", "value": "b", "severity": "low"}], "to": "now-1m"}
    made = kibana_rule(rule(kibana=more))

    schema.rule(made)
    assert made | more == made


def test_an_action_without_throttle_says_so():
    frequency = {"summary": True, "notifyWhen": "onActiveAlert"}
    action = {"action_type_id": ".slack", "id": "1", "params": {}, "frequency": frequency}

    made = kibana_rule(rule(kibana={"actions": [action]}))

    schema.rule(made)
    assert made["actions"][0]["frequency"] == frequency | {"throttle": None}


def test_more_than_kibana_imports_is_refused():
    with pytest.raises(PluginError, match="more than Kibana imports"):
        export([rule(number=n, note="x" * 200_000) for n in range(60)])
