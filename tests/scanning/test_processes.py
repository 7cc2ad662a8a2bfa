from __future__ import annotations

from tests.material import process, rule, script_block, write

from comtrap.alerts.build import build
from comtrap.alerts.document import document
from comtrap.alerts.store import Store
from comtrap.rules.compile import compile_rules
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.processes import BUNDLE_BYTES, bundles, share
from comtrap.schema.telemetry import telemetry

SEQUENCE = 'sequence by host.id with maxspan=1h [process where process.name : "f*.exe"] [process where process.name : "s*.exe"]'
SCRIPT = 'any where comtrap.powershell.script_block_text : "*secret*"'
RULES = (rule(), rule(SEQUENCE, 2), rule(SCRIPT, 3), rule("process where number(process.name) == 1", 4))


def part_of():
    plan, _ = compile_rules(RULES, telemetry())
    return Part(plan, Store(), Tally())


def log(folder):
    for n in range(4):
        events = [process(10 * n, 10 * n + 1, "first.exe"), process(10 * n + 5, 10 * n + 2, "second.exe")]
        write(folder / f"{n}.ndjson", [*events, script_block(n, n, "sec", 1, 2), script_block(n, n + 50, "ret", 2, 2)])
    return list(enumerate(sorted(map(str, folder.glob("*.ndjson")))))


def told(part):
    alerts = build(RULES, part.plan, part.store)
    return [document(alert) for alert in alerts]


def quiet(_path, _events):
    """No progress."""


def test_several_processes_find_what_one_finds(tmp_path):
    inputs = log(tmp_path)
    alone, together = part_of(), part_of()
    alone.run(inputs, quiet)
    sizes = dict.fromkeys((path for _, path in inputs), BUNDLE_BYTES)
    share(inputs, sizes, together, 2, quiet)
    assert together.tally == alone.tally
    assert together.tally.failures[3] == 8
    assert told(together) == told(alone)


def test_an_interruption_keeps_what_is_done(tmp_path):
    inputs = log(tmp_path)
    part = part_of()

    def interrupted(_path, _events):
        raise KeyboardInterrupt

    try:
        share(inputs, dict.fromkeys((path for _, path in inputs), BUNDLE_BYTES), part, 1, interrupted)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("the interruption was swallowed")
    assert part.tally.read >= 4
    assert len(told(part)) >= 2


def test_small_inputs_go_together_and_large_ones_first():
    sizes = {"a": 1, "b": BUNDLE_BYTES * 2, "c": BUNDLE_BYTES - 1, "d": 1, "e": 1}
    tasks = bundles(list(enumerate("abcde")), sizes)
    assert [[path for _, path in task] for task in tasks] == [["b"], ["c", "a"], ["d", "e"]]
