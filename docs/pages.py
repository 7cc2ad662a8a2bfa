"""Write the pages that follow from the pack: one a rule, their index, coverage, hunts, an ATT&CK Navigator layer.

And one that follows from the command line: all options.

python docs/pages.py            rewrite them
python docs/pages.py --check    exit 1 if they are not what this program makes
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from options import options

from comtrap.proof.prove import promises_of
from comtrap.rules.load import DEFAULT, load_rules, locate
from comtrap.rules.page import page
from comtrap.rules.rule import SOURCES
from comtrap.rules.samples import samples
from comtrap.sinks.navigator import layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.rules.rule import Rule

HERE = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/pages.py of the pack; change that, not this. -->\n\n"


def pages() -> Iterator[tuple[str, str]]:
    """Name (below docs) and content of every page."""
    rules = sorted(load_rules(), key=lambda rule: (rule.behaviour, rule.path.stem))
    for rule in rules:
        yield f"rules/{rule.path.stem}.md", MADE + fenced(rule)
    yield "rules/README.md", MADE + index(rules)
    yield "coverage.md", MADE + coverage(rules)
    yield "hunting.md", MADE + hunting()
    yield "commands/options.md", MADE.replace("the pack", "the command line") + options()
    detected = layer(
        "comtrap: com_abuse", "What the rules of the pack com_abuse detect.", ((r, 1, r.path.stem) for r in rules)
    )
    yield "navigator-layer.json", json.dumps(detected, indent=1) + "\n"


def fenced(rule: Rule) -> str:
    """A rule's page, with what is no prose in blocks of its own."""
    title, facts, rest = page(rule).split("\n\n", 2)
    query = rule.text.strip()
    rest = rest.replace(f"## Query\n\n{query}", f"## Query\n\n```eql\n{query}\n```")
    return f"{title}\n\n```text\n{facts}\n```\n\n{rest}"


def index(rules: Iterable[Rule]) -> str:
    """All rules by behaviour."""
    by_behaviour: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_behaviour[rule.behaviour].append(rule)
    parts = ["# Rules"]
    for behaviour, own in by_behaviour.items():
        lines = [
            f"| [{r.name}]({r.path.stem}.md) | {r.severity.word} | {', '.join(r.sources)} | {_ids(r)} |" for r in own
        ]
        head = "| rule | severity | sources | ATT&CK |\n|---|---|---|---|"
        parts.append(f"## {_title(behaviour)}\n\n" + "\n".join([head, *lines]))
    return "\n\n".join(parts) + "\n"


def coverage(rules: list[Rule]) -> str:
    """Which behaviour is seen in which source, by how many rules, and what proves it."""
    by_cell: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules:
        for source in rule.sources:
            by_cell[rule.behaviour, source].append(rule)
    used = [source for source in SOURCES if any(cell[1] == source for cell in by_cell)]
    lines = [f"| behaviour | {' | '.join(used)} |", f"|---|{'---|' * len(used)}"]
    for behaviour in dict.fromkeys(rule.behaviour for rule in rules):
        cells = [str(len(by_cell[behaviour, source]) or "") for source in used]
        lines.append(f"| {_title(behaviour)} | {' | '.join(cells)} |")
    tried = [(sample.hit, rule) for rule in rules for sample in samples(rule)]
    hits, misses = (sum(hit is wanted for hit, _ in tried) for wanted in (True, False))
    promised = promises_of(locate(DEFAULT)).promises
    attacks = [f"| attack | {' | '.join(dict.fromkeys(p.sensor for p in promised))} |"]
    attacks.append("|---|" + "---|" * len({p.sensor for p in promised}))
    for attack in dict.fromkeys(p.attack for p in promised):
        cells = [str(len(p.rules)) if p.rules else "nothing" for p in promised if p.attack == attack]
        attacks.append(f"| {attack} | {' | '.join(cells)} |")
    proof = (
        f"Every rule has events it must alert on and look-alikes it must not, for each source it claims: {hits} files of "
        f"hits and {misses} of near misses, tried by `comtrap rules test`. `comtrap prove` tries simulated attacks as well, "
        "and this many rules must find each, as each sensor writes it:"
    )
    return "\n\n".join((
        "# Coverage",
        "How many rules see a behaviour in a source. A blank means that the source does not tell of it.",
        "\n".join(lines),
        "## Proof",
        proof,
        "\n".join(attacks),
    )) + "\n"  # fmt: skip


def hunting() -> str:
    """The hunting queries."""
    about = (
        "Queries for hunts: they show more than rules may alert on, and need somebody who looks. Each runs in Elastic as it "
        "stands, and here with `comtrap query 'QUERY' LOGS`."
    )
    parts = ["# Hunting", about]
    for path in sorted((locate(DEFAULT) / "hunts").glob("*.toml")):
        hunt = tomllib.loads(path.read_text("utf-8"))
        about = f"Sources: {', '.join(hunt['sources'])}. ATT&CK: {', '.join(hunt['techniques'])}."
        query = f"```eql\n{hunt['query'].strip()}\n```"
        parts += [f"## {hunt['title']}", hunt["look_for"].strip(), about, query]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the pages, or compare them; pages of rules that are gone are removed."""
    made = {HERE / name: content for name, content in pages()}
    old = {path for path in (HERE / "rules").glob("*.md") if path not in made}
    if "--check" in sys.argv[1:]:
        same = all(path.is_file() and path.read_text("utf-8") == content for path, content in made.items())
        return 0 if same and not old else 1
    (HERE / "rules").mkdir(exist_ok=True)
    for path, content in made.items():
        path.write_text(content, "utf-8", newline="\n")
    for path in old:
        path.unlink()
    return 0


def _ids(rule: Rule) -> str:
    return ", ".join(dict.fromkeys(technique.id for technique in rule.techniques))


def _title(behaviour: str) -> str:
    known = {"com": "COM", "dcom": "DCOM", "dll": "DLL", "wmi": "WMI", "lolbin": "LOLBin", "powershell": "PowerShell"}
    words = [known.get(word, word) for word in behaviour.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


if __name__ == "__main__":
    sys.exit(main())
