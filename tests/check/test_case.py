"""Lower case is the same wherever it is made."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest

from comtrap.check.case import lower
from comtrap.execute import patterns

CHARACTERS = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def test_every_character_of_python_s_unicode_is_lowered_as_the_executor_lowers_it():
    kernel = patterns.lower(pa.array(CHARACTERS, pa.string())).to_pylist()
    other = [char for char, low in zip(CHARACTERS, kernel, strict=True) if lower(char) != low]

    assert [char for char in other if unicodedata.category(char) != "Cn"] == []  # Arrow's Unicode may know more


@pytest.mark.parametrize(
    "text", ["\u0130stanbul", "\u039f\u03a3", "\u03a3 \u03a3a", "ÄÖÜ", "ẞ", "ǅ", "\U00010400a", ""]
)
def test_what_stands_around_a_character_makes_no_difference(text):
    assert lower(text) == "".join(map(lower, text))
    assert lower(text) == patterns.lower(pa.array([text], pa.string()))[0].as_py()
    assert len(lower(text)) == len(text)
