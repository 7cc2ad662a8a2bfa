"""Every error code of check has a page, whose example shows the error as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.check.fields import MAPPING
from tests.golden import check_golden

import comtrap.check
from comtrap.check.check import check
from comtrap.errors import CheckError
from comtrap.lang.parse import parse
from comtrap.schema.mapping import from_mapping
from comtrap.schema.schema import Schema
from comtrap.schema.types import Type

PAGES = Path(__file__).parents[2] / "docs" / "errors"
SOURCE = Path(comtrap.check.__path__[0])
CODES = sorted({code for path in SOURCE.glob("*.py") for code in re.findall(r'"(E2\d\d)"', path.read_text("utf-8"))})
EXAMPLE = re.compile(r"```eql\n(?P<query>.*?)\n```\n\n```text\n(?P<shown>.*?)```\n", re.DOTALL)


def schema(code: str) -> Schema:
    known = from_mapping("the mapping", MAPPING)
    fields = dict(known.fields)
    if code == "E220":
        del fields["event.category"]
    if code == "E221":
        fields["@timestamp"] = fields["process.pid"]
        assert fields["@timestamp"].type is Type.LONG
    return Schema(known.name, fields)


def test_there_are_codes():
    assert len(CODES) > 20


def test_every_page_is_of_a_code():
    assert sorted(path.stem for path in PAGES.glob("E2[0-2]?.md")) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_page_shows_its_error(code):
    path = PAGES / f"{code}.md"
    page = path.read_text("utf-8")
    (example,) = EXAMPLE.finditer(page)
    with pytest.raises(CheckError) as raised:
        check(parse(example["query"]), schema(code), example["query"])

    assert code in {diagnostic.code for diagnostic in raised.value.diagnostics}
    assert page.startswith(f"# {code}: ")
    start, end = example.span("shown")
    check_golden(path, f"{page[:start]}{raised.value}\n{page[end:]}")
