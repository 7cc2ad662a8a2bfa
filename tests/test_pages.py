"""The pages made of the pack are what their program makes, and no page links to nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from comtrap.rules.load import load_rules

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "errors" not in path.parts)
WRITTEN = [path for path in PAGES if path.parent.name != "rules"]


def test_pages_of_the_pack_are_what_their_program_makes():
    done = subprocess.run([sys.executable, str(DOCS / "pages.py"), "--check"], check=False)
    assert done.returncode == 0, "run python docs/pages.py"


def test_every_rule_has_a_page():
    assert {path.stem for path in (DOCS / "rules").glob("*.md")} == {r.path.stem for r in load_rules()} | {"README"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)]*)?\)", text):
        target = (page.parent / link) if link else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, anchor


def test_the_layer_has_each_technique_once_a_tactic():
    layer = json.loads((DOCS / "navigator-layer.json").read_text("utf-8"))
    cells = [(technique["techniqueID"], technique["tactic"]) for technique in layer["techniques"]]
    assert len(cells) == len(set(cells))
    assert ("T1559.001", "execution") in cells
    expected = {technique.id for rule in load_rules() for technique in rule.techniques}
    assert {name for name, _ in cells} == expected
