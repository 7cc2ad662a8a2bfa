from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest
from tests.material import process, write
from tests.stopping import Stopping

from comtrap.alerts.store import Store
from comtrap.scanning import fill as filling
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.fill import fill
from comtrap.scanning.part import Part, Tally
from comtrap.sources.progress import Progress


def filled(paths, jobs, progress=None):
    with Store() as store:
        part = Part(ask("process where true", Request()).plan(), store, Tally())
        interrupted = fill(part, list(enumerate(paths)), jobs, progress or Progress())
        return interrupted, part.tally.read, sorted(store.hits(0)["event"].to_pylist())


def test_inputs_are_read_alike_here_and_elsewhere(tmp_path, monkeypatch):
    paths = [write(tmp_path / f"{n}.ndjson", [process(s, s) for s in range(9)]) for n in range(3)]
    here = filled(paths, 1)
    monkeypatch.setattr(filling, "SHARED_BYTES", 1)

    assert here == (False, 27, [(n << 40) + s for n in range(3) for s in range(9)])
    assert filled(paths, 2) == here


def test_what_was_read_before_an_interruption_is_looked_at(tmp_path):
    paths = [write(tmp_path / f"{n}.ndjson", [process(s, s) for s in range(9)]) for n in range(2)]
    stop = Stopping(lambda progress: progress.path == paths[1])

    assert filled(paths, 1, stop) == (True, 9, list(range(9)))


def test_an_input_that_is_not_there_is_told_by_whoever_reads_it(tmp_path):
    assert filled([str(tmp_path / "none.evtx")], 2) == (False, 0, [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_read_here_and_once(tmp_path, monkeypatch):
    """Nothing of it is taken to see what it is."""
    monkeypatch.setattr(filling, "SHARED_BYTES", 1)
    log = write(tmp_path / "b.ndjson", [process(s, s) for s in range(9)])
    pipe = str(tmp_path / "a")
    os.mkfifo(pipe)
    writer = Thread(target=Path(pipe).write_bytes, args=(Path(log).read_bytes(),))
    writer.start()
    found = filled([pipe, log], 2)
    writer.join()

    assert found == (False, 18, [(n << 40) + s for n in range(2) for s in range(9)])
