"""What deciding many rules on many process starts costs, with the plan's rewrites and without.

    python -m bench.process [--events 1000000] [--rules 100 400] [--plain 100000]

Prints the processor time of `execute`, and how many passes RE2 makes: texts it was given, of all columns, over events there are. Without
rewrites only the first `--plain` events are run, as that takes long; the ratio is of the time an event.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.check.check import check
from comtrap.events.batch import EventBatch
from comtrap.execute import patterns
from comtrap.execute.execute import execute
from comtrap.lang.parse import parse
from comtrap.plan.build import build, query_plan
from comtrap.plan.optimise import optimise
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from comtrap.plan.plan import Plan

PROGRAMS = [
    "svchost", "cmd", "powershell", "rundll32", "regsvr32", "mshta", "wscript", "cscript", "explorer", "services", "conhost", "taskhostw",
    "msiexec", "chrome", "outlook", "winword", "excel", "teams", "onedrive", "searchindexer", "dllhost", "wmiprvse", "schtasks", "net", "reg",
    "certutil", "bitsadmin", "whoami", "ipconfig", "tasklist", "python", "git", "code", "node", "java", "sqlservr", "w3wp", "backup", "agent", "updater",
]  # fmt: skip
RARE = {"mshta", "regsvr32", "certutil", "bitsadmin", "wscript", "cscript", "schtasks", "reg", "whoami"}
FOLDERS = [
    "C:\\Windows\\System32",
    "C:\\Windows\\SysWOW64",
    "C:\\Program Files\\Vendor",
    "C:\\Users\\user\\AppData\\Local",
]
USERS = ["SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", *(f"user{n}" for n in range(20))]
WORDS = [
    "-k",
    "netsvcs",
    "/c",
    "--type=renderer",
    "-Embedding",
    "-NoProfile",
    "install",
    "status",
    "/quiet",
    "--config",
    "shell32.dll,Control_RunDLL",
]
PARTS = [
    "http",
    "javascript:",
    "scrobj",
    "-enc",
    "downloadstring",
    "frombase64",
    "/transfer",
    "-urlcache",
    "delete",
    "\\temp\\",
    "createobject",
    "hidden",
]


def events(count: int, seed: int = 1) -> EventBatch:
    """Process starts: some thousand kinds, nearly every command line another, 0.5 % of them with something to find."""
    choose = random.Random(seed)
    weights = [0.05 if name in RARE else 1.0 + 20 / (1 + n) for n, name in enumerate(PROGRAMS)]
    kinds = []
    for _ in range(900):
        name, parent = choose.choices(PROGRAMS, weights, k=2)
        folder = choose.choice(FOLDERS)
        kinds.append(
            (f"{folder}\\{name}.exe", f"{name}.exe", f"{parent}.exe", f"{name.upper()}.EXE", choose.choice(USERS))
        )
    numbers = np.random.default_rng(seed)
    shares = 1.0 / np.arange(1, len(kinds) + 1)
    kind = numbers.choice(len(kinds), count, p=shares / shares.sum())
    lines = []
    for which in kind.tolist():
        words = choose.choices(WORDS, k=8)
        if choose.random() < 0.005:
            words.append(choose.choice(PARTS) + "x")
        lines.append(
            f'"{kinds[which][0]}" {" ".join(words)} C:\\data\\{choose.randrange(10**9):09d}\\{choose.randrange(10**6)}.dat'
        )
    columns = dict(
        zip(
            ("process.executable", "process.name", "process.parent.name", "process.pe.original_file_name", "user.name"),
            zip(*kinds, strict=True),
            strict=True,
        )
    )
    frame: dict[str, Any] = {name: pa.array(values).take(pa.array(kind)) for name, values in columns.items()}
    frame |= {"process.command_line": pa.array(lines), "process.pid": pa.array(numbers.integers(4, 60_000, count))}
    frame |= {
        name: pa.repeat(pa.scalar(value), count)
        for name, value in {"event.category": "process", "event.type": "start", "host.os.type": "windows"}.items()
    }
    frame["@timestamp"] = pa.array(np.arange(count) * 1_000_000, pa.timestamp("ns", "UTC"))
    frame["_event"] = pa.array(np.arange(count, dtype=np.uint64))
    return EventBatch(pa.table(frame), telemetry())


def rules(count: int, seed: int = 1) -> list[str]:
    """Rules of ordinary shape: who ran, by whom, with what on the command line, and what is left out."""
    choose = random.Random(seed)

    def listed(values: list[str]) -> str:
        return "(" + ", ".join(f'"{value}"' for value in values) + ")"

    made = []
    for number in range(count):
        names = listed([f"{name}.exe" for name in choose.sample(PROGRAMS, choose.randint(1, 6))])
        parts = listed(
            [f"*{part}*" for part in choose.sample([p.replace("\\", "\\\\") for p in PARTS], choose.randint(2, 8))]
        )
        parent = choose.choice(PROGRAMS)
        clauses = [
            f"process.command_line : {parts}",
            f"(process.name : {names} or process.pe.original_file_name : {names})",
            f'not process.parent.name : "{parent}.exe"',
            'not (process.executable : "C:\\\\Program Files*\\\\*" and user.name == "SYSTEM")',
        ]
        if number % 10 == 0:
            clauses[1] = (
                f'process.executable : ("?:\\\\Users\\\\*\\\\{choose.choice(PROGRAMS)}.exe", "?:\\\\ProgramData\\\\*")'
            )
        if number % 25 == 3:
            clauses[1] = f"process.parent.name : {names}"
        choose.shuffle(clauses)
        made.append('process where event.type == "start" and host.os.type == "windows" and ' + " and ".join(clauses))
    return made


def plan_of(queries: list[str]) -> Plan:
    """The queries as one plan, not optimised."""
    schema = telemetry()
    return build([query_plan(str(n), check(parse(text), schema, text)) for n, text in enumerate(queries)])


def timed(plan: Plan, batch: EventBatch) -> tuple[float, pa.Table, float]:
    """Seconds of processor time, hits, and passes of RE2 over as many rows as there are."""
    rows: Counter[str] = Counter()
    original = patterns.found

    def counted(texts: pa.Array, regex: str) -> pa.Array:
        rows["all"] += len(texts)
        return original(texts, regex)

    patterns.found = counted
    began = time.process_time()
    hits = execute(plan, batch, Counter())
    seconds = time.process_time() - began
    patterns.found = original
    return seconds, hits, rows["all"] / len(batch)


def main() -> None:
    """Print the figures."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--events", type=int, default=1_000_000)
    flags.add_argument("--rules", type=int, nargs="+", default=[100, 400])
    flags.add_argument("--plain", type=int, default=100_000, metavar="EVENTS")
    args = flags.parse_args()
    pa.set_cpu_count(1)
    batch = events(args.events)
    for count in args.rules:
        compare(count, batch, min(args.plain, args.events))


def compare(count: int, batch: EventBatch, sample: int) -> None:
    """Print what so many rules cost on a batch, and without rewrites on its first events."""
    plan = plan_of(rules(count))
    quick = optimise(plan)
    runs = [timed(quick, batch) for _ in range(3)]
    seconds, rows = min(run[0] for run in runs), batch.frame.num_rows
    print(
        f"{count} rules, optimised: {seconds:.2f} s for {rows} events, {runs[0][1].num_rows} hits, {runs[0][2]:.1f} passes of RE2"
        " (goal at 100 rules: at most 15)"
    )
    slow, hits, passes = timed(plan, EventBatch(batch.frame.slice(0, sample), batch.schema))
    order = [("query", "ascending"), ("event", "ascending")]
    found = runs[0][1]
    same = found.filter(pc.less(found["event"], sample)).sort_by(order).equals(hits.sort_by(order))
    print(
        f"{count} rules, without rewrites: {slow:.2f} s for the first {sample}, {passes:.1f} passes;"
        f" {slow / sample * rows / seconds:.1f} times as long an event (goal: 20); the same hits there: {same}"
    )


if __name__ == "__main__":
    main()
