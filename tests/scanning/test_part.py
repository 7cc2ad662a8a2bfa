"""Some inputs of a run, and how much of them is held at once."""

from __future__ import annotations

import pytest
from tests.material import process, write

from comtrap.alerts.store import Store
from comtrap.scanning import part as module
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.part import Part, Tally
from comtrap.sources import batches
from comtrap.sources.progress import Progress


@pytest.fixture
def looked_at(monkeypatch):
    """How many events the rules were run over each time."""
    sizes = []
    execute = module.execute
    monkeypatch.setattr(
        module, "execute", lambda plan, batch, failures: sizes.append(len(batch)) or execute(plan, batch, failures)
    )
    return sizes


def run(folder, events):
    paths = [write(folder / f"{n:02}.ndjson", [each]) for n, each in enumerate(events)]
    with Store() as store:
        query = 'process where process.command_line : "x*"'
        part = Part(ask(query, Request()).plan(), store, Tally())
        part.run(list(enumerate(paths)), Progress())
        return store.hits(0).num_rows


def test_small_inputs_are_looked_at_together(tmp_path, looked_at):
    assert run(tmp_path, [process(n, n, CommandLine="x") for n in range(9)]) == 9
    assert looked_at == [9]


@pytest.mark.parametrize("limit", ["HELD_BYTES", "EVENTS_BYTES", "ROWS"])
def test_no_more_is_held_than_may_be(limit, tmp_path, looked_at, monkeypatch):
    monkeypatch.setattr(module, limit, 3 if limit == "ROWS" else 300_000)
    large = "x" * 100_000

    assert run(tmp_path, [process(n, n, CommandLine=large) for n in range(9)]) == 9
    assert max(looked_at) <= 3


def test_what_rules_do_not_ask_for_counts_too(tmp_path, looked_at, monkeypatch):
    """A record is held whole until it is known whether some rule wants it."""
    monkeypatch.setattr(module, "HELD_BYTES", 300_000)

    run(tmp_path, [process(n, n, Nothing="x" * 100_000) for n in range(9)])

    assert max(looked_at) <= 3


def test_a_batch_of_large_records_is_small(tmp_path, looked_at, monkeypatch):
    monkeypatch.setattr(batches, "HELD_BYTES", 300_000)
    monkeypatch.setattr(module, "HELD_BYTES", 300_000)
    path = write(tmp_path / "a.ndjson", [process(n, n, CommandLine="x" * 100_000) for n in range(30)])
    with Store() as store:
        Part(ask("process where true", Request()).plan(), store, Tally()).run([(0, path)], Progress())

    assert sum(looked_at) == 30
    assert max(looked_at) <= 6


def test_of_very_large_records_fewer_are_looked_at_together(tmp_path, looked_at, monkeypatch):
    """Though much more of others would be."""
    monkeypatch.setattr(batches, "HELD_BYTES", 150_000)
    monkeypatch.setattr(module, "LARGE_BYTES", 50_000)
    monkeypatch.setattr(module, "HELD_LARGE_BYTES", 300_000)
    path = write(tmp_path / "a.ndjson", [process(n, n, CommandLine="x" * 100_000) for n in range(30)])
    with Store() as store:
        Part(ask("process where true", Request()).plan(), store, Tally()).run([(0, path)], Progress())

    assert sum(looked_at) == 30
    assert max(looked_at) <= 6
