from __future__ import annotations

from collections import Counter
from importlib import import_module

import pytest

from comtrap.normalise.event import ANY
from comtrap.normalise.extensions import EXTENSIONS
from comtrap.normalise.ours import OURS
from comtrap.normalise.tables import INTEGRATION, WINLOGBEAT, kinds, plan, possible, table
from comtrap.normalise.values import Each, First, Leaf, Objects, Part, Text, Union
from comtrap.registry import every
from comtrap.schema.telemetry import telemetry

KINDS = sorted(kinds())
MODULES = list(every(import_module("comtrap.normalise"), "TABLE"))


def test_no_kind_is_claimed_twice():
    claims = Counter(kind for _, module in MODULES for kind in module.TABLE)
    assert [kind for kind, count in claims.items() if count > 1] == []


def test_every_provider_has_a_line_for_events_without_one():
    assert {provider for provider, _ in table() if provider} == {p for p, number in table() if number == ANY}


@pytest.mark.parametrize("dialect", [INTEGRATION, WINLOGBEAT])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_field_is_in_the_schema(kind, dialect):
    use = plan(kind, dialect)
    written = {name for name, expr in use.fields.items() if not isinstance(expr, Objects)} | use.extensions.keys()
    assert (
        written - {"_index"} - telemetry().keys() - {n for n in written if n.startswith("winlog.event_data.")} == set()
    )
    assert [name for name in written - {"_index"} if not telemetry()[name].supported] == []


def functions(expr, inside=False):
    """The names that functions read, which are cached and so must not depend on the field they are read for."""
    match expr:
        case str():
            return {expr} if inside else set()
        case Text(name=name):
            return {name} if inside else set()
        case Each(of=of):
            return {n for ref in of for n in functions(ref, inside=True)}
        case First(of=of) | Union(of=of):
            return {n for ref in of for n in functions(ref, inside=inside or isinstance(expr, Union))}
        case Part(whole=whole) | Objects(whole=whole) | Leaf(whole=whole):
            return functions(whole, inside=True)
        case _:
            return set()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_function_reads_the_field_it_computes(kind):
    use = plan(kind)
    found = {
        name for fields in (use.fields, use.extensions) for name, expr in fields.items() if name in functions(expr)
    }
    # The index a record came with is no field that anything else reads.
    assert found - {"_index"} == set()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_fields_rest_on_one_another_without_a_circle(kind):
    use = plan(kind)
    done, open_names = set(), []

    def visit(name):
        assert name not in open_names, [*open_names, name]
        if name in done:
            return
        open_names.append(name)
        for fields in (use.fields, use.extensions):
            for other in fields[name].names if name in fields else ():
                if other != name:
                    visit(other)
        open_names.pop()
        done.add(name)

    for name in [*use.fields, *use.extensions]:
        visit(name)


def test_extensions_fill_no_field_that_every_event_has():
    names = {name for fields in EXTENSIONS.values() for name in fields}
    assert names.isdisjoint({"@timestamp", "_index", "event.kind", "event.code", "event.provider"})


def test_ours_are_all_ours():
    assert [name for name in OURS if not name.startswith("comtrap.")] == []


def test_what_a_batch_cannot_have_is_not_computed():
    wanted = frozenset({"process.name", "registry.path", "event.category", "host.id", "process.name.caseless"})
    present = frozenset({"winlog.event_data.Image"})
    assert possible(("Microsoft-Windows-Sysmon", 1), wanted, present) == (
        "event.category", "host.id", "process.name", "process.name.caseless",
    )  # fmt: skip
