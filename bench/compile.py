"""What it costs to have many rules ready to run: files read, queries parsed, checked and planned; or all that from the cache.

    python -m bench.compile [--rules 400]

The rules are those of the pack, again and again under other ids, each with a query of its own. Every figure is the processor time of a
process of its own, imports apart, and the least of three.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from comtrap.rules.compiled import compiled
from comtrap.rules.load import load, load_rules


def write_rules(folder: Path, count: int) -> None:
    """A pack of so many rules in a folder."""
    (folder / "rules").mkdir()
    (folder / "pack.toml").write_text('name = "bench"\n', "utf-8")
    shipped = load_rules()
    shutil.copytree(shipped[0].path.parent.parent / "guides", folder / "guides")
    for number in range(count):
        rule = shipped[number % len(shipped)]
        text = rule.path.read_text("utf-8").replace(str(rule.id), str(UUID(int=number + 1)))
        text = text.replace(" where ", f' where process.name != "other{number}.exe" and ')
        (folder / "rules" / f"{number:04d}.toml").write_text(text, "utf-8")


def once(folder: Path) -> None:
    """Have the rules of a folder ready, and print the seconds that took."""
    began = time.process_time()
    rules, wrong = load([folder])
    plan, errors = compiled(rules)
    seconds = time.process_time() - began
    assert len(plan.queries) == len(rules)
    assert not wrong
    assert not errors
    print(seconds)


def seconds(folder: Path, cache: str) -> float:
    """The same in another process, with this cache."""
    command = [sys.executable, "-m", "bench.compile", "--once", str(folder)]
    done = subprocess.run(  # noqa: S603 - ourselves
        command, env=os.environ | {"COMTRAP_CACHE": cache}, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Print the figures."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--rules", type=int, default=400)
    flags.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    args = flags.parse_args()
    if args.once is not None:
        once(args.once)
        return
    with TemporaryDirectory(prefix="comtrap-bench-") as name:
        folder = Path(name)
        write_rules(folder, args.rules)
        for what, goal, cache in (("without a cache", 0.5, "off"), ("from the cache", 0.1, str(folder / "cache"))):
            seconds(folder, cache)
            least = min(seconds(folder, cache) for _ in range(3))
            print(
                f"{args.rules} rules {what}: {least:.3f} s, {args.rules / least:.0f} rules a second (goal: {goal} s at 400 rules)"
            )


if __name__ == "__main__":
    main()
