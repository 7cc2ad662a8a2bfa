"""Every mistake that the parser can find has a page, with the message it really prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.golden import check_golden

from comtrap.errors import ParseError
from comtrap.lang.cursor import MOST_CHARACTERS
from comtrap.lang.parse import parse

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "errors").glob("E1*.md"))
SOURCES = sorted((ROOT / "src" / "comtrap" / "lang").glob("*.py"))
# Wrong texts that a page cannot show.
GENERATED = {"E100": "any where " + "x" * MOST_CHARACTERS, "E115": "any where message == \ud83d"}
BLOCK = re.compile(r"```(\w+)\n(.*?)```\n", re.DOTALL)


def blocks(page: Path, kind: str) -> list[str]:
    return [text.removesuffix("\n") for found, text in BLOCK.findall(page.read_text("utf-8")) if found == kind]


def wrong(page: Path) -> str:
    return GENERATED.get(page.stem) or blocks(page, "eql")[0]


def test_every_code_has_a_page_and_every_page_a_code():
    codes = {code for source in SOURCES for code in re.findall(r'"(E1\d\d)"', source.read_text("utf-8"))}

    assert {page.stem for page in PAGES} == codes


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_wrong_example_gives_the_message_on_the_page(page):
    with pytest.raises(ParseError) as found:
        parse(wrong(page))

    assert [diagnostic.code for diagnostic in found.value.diagnostics] == [page.stem]
    message = f"```text\n{found.value}\n```\n"
    check_golden(
        page, re.sub(r"```text\n.*?```\n", lambda _: message, page.read_text("utf-8"), count=1, flags=re.DOTALL)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_right_example_is_right(page):
    assert parse(blocks(page, "eql")[-1])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_has_its_parts_in_order(page):
    text = page.read_text("utf-8")

    assert text.startswith(f"# {page.stem}: ")
    assert re.findall(r"^## (\w+)", text, re.MULTILINE)[-2:] in (["Wrong", "Right"], ["Message", "Right"])
    assert len(blocks(page, "text")) == 1
    assert len(blocks(page, "eql")) == (1 if page.stem in GENERATED else 2)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_message_says_what_was_expected_or_what_to_do(page):
    with pytest.raises(ParseError) as found:
        parse(wrong(page))

    (diagnostic,) = found.value.diagnostics
    assert diagnostic.help is not None or "expected" in diagnostic.labels[0].text
