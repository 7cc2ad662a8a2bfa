"""Every mistake and every warning about rules and exceptions has a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs" / "errors").glob("E3*.md"), *(ROOT / "docs" / "errors").glob("W*.md")])
SOURCES = [*(ROOT / "src" / "comtrap" / "rules").rglob("*.py"), *(ROOT / "src" / "comtrap" / "proof").rglob("*.py")]


def test_every_code_has_a_page_and_every_page_a_code():
    codes = {code for source in SOURCES for code in re.findall(r'"([EW]3\d\d)"', source.read_text("utf-8"))}
    assert {page.stem for page in PAGES} == codes


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_says_what_it_is_and_what_to_do(page):
    title, *parts = page.read_text("utf-8").strip().split("\n\n")
    assert title.startswith(f"# {page.stem}: ")
    assert len(parts) >= 2


def test_what_is_linked_is_there():
    for page in [*PAGES, *(ROOT / "docs" / "writing").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"
