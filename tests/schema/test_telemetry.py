from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import comtrap.schema
from comtrap.schema.telemetry import telemetry
from comtrap.schema.types import Type

DATA = Path(comtrap.schema.__path__[0]) / "data"
SHARED = Path(__file__).parents[3] / "shared" / "schema"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("@timestamp", Type.DATE),
        ("process.pid", Type.LONG),
        ("process.command_line", Type.KEYWORD),
        ("process.args", Type.KEYWORD),
        ("destination.ip", Type.IP),
        ("process.code_signature.trusted", Type.BOOLEAN),
        ("dll.Ext.relative_file_creation_time", Type.DOUBLE),
        ("process.Ext.token.integrity_level_name", Type.KEYWORD),
        ("winlog.channel", Type.KEYWORD),
        ("powershell.file.script_block_text", Type.KEYWORD),
        ("comtrap.com.clsid", Type.KEYWORD),
        ("comtrap.registry.view", Type.LONG),
    ],
)
def test_fields_of_every_origin_have_their_types(name, kind):
    assert telemetry()[name].type is kind


def test_event_data_is_open():
    assert telemetry()["winlog.event_data.Anything"].type is Type.KEYWORD
    assert "winlog.user_data.Anything" in telemetry()
    assert "winlog.event_data." not in telemetry()
    assert "winlog.other" not in telemetry()


def test_caseless_reads_its_field():
    found = telemetry()["process.name.caseless"]

    assert (found.copy_of, found.folded, found.exact) == ("process.name", True, True)


def test_words_are_not_comparable():
    assert not telemetry()["process.name.text"].exact
    assert not telemetry()["message"].exact


@pytest.mark.parametrize("name", ["host.geo.location", "winlog.event_data", "file.elf.sections"])
def test_fields_without_values_are_known_and_not_supported(name):
    assert not telemetry()[name].supported


def test_every_multi_field_is_of_a_field():
    assert {f.copy_of for f in telemetry().values() if f.copy_of is not None} <= set(telemetry())


def test_no_field_has_two_types():
    seen: dict[str, str] = {}
    for path in DATA.glob("*.json"):
        for kind, names in json.loads(path.read_text("utf-8"))["types"].items():
            for name in names:
                assert seen.setdefault(name, kind) == kind or {seen[name], kind} <= {"keyword", "wildcard"}, name


def test_our_own_fields_are_under_our_own_name():
    ours = tomllib.loads((DATA / "ours.toml").read_text("utf-8"))

    assert all(name.startswith("comtrap.") for name in {*ours["fields"], *ours["types"]})
    assert {*ours["fields"], *ours["types"]} <= set(telemetry())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the material beside the checkout is absent")
@pytest.mark.parametrize("name", ["ecs", "endpoint", "winlog"])
def test_nothing_of_the_published_schemas_is_missing(name):
    published = json.loads((SHARED / f"{name}.json").read_text("utf-8"))["fields"]

    assert set(published) <= set(telemetry())
    assert all(telemetry()[n].supported for n, about in published.items() if about["type"] == "keyword")
