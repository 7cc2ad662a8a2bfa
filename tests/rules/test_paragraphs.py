from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.rules.load import load_rules
from comtrap.rules.paragraphs import flowing

TEXTS = st.lists(
    st.sampled_from(
        ["a", "b c", "", "# h", "* i", "  j", "1. k", "```", "~~~", "| l |", "> m", "    n", "o  ", "p\\", "---"]
    ),
    max_size=12,
).map("\n".join)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("a\nb\n\nc\nd\n", "a b\n\nc d"),
        ("* a\n  b\n* c\nd", "* a b\n* c d"),
        ("1. a\n   b\n2. c", "1. a b\n2. c"),
        ("# a\nb\nc", "# a\nb c"),
        ("a\n# b", "a\n# b"),
        ("a  \nb", "a  \nb"),
        ("a\\\nb", "a\\\nb"),
        ("a \nb", "a b"),
        ("```\na\nb\n```\nc\nd", "```\na\nb\n```\nc d"),
        ("~~~\n```\na\nb\n~~~\nc\nd", "~~~\n```\na\nb\n~~~\nc d"),
        ("* a\n\n    ```\n    b\n    c\n    ```", "* a\n\n    ```\n    b\n    c\n    ```"),
        (" \n\n    a\n    b", "    a\n    b"),
        ("a\n\n    b\n    c", "a\n\n    b\n    c"),
        ("| a |\n| - |\n| b |", "| a |\n| - |\n| b |"),
        ("> a\n> b", "> a\n> b"),
        ("a\n===\nb\nc", "a\n===\nb c"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("!{investigate{}}\na\nb", "!{investigate{}}\na b"),
        ("", ""),
    ],
)
def test_only_the_lines_of_a_paragraph_are_joined(text, joined):
    assert flowing(text) == joined


@given(TEXTS)
def test_what_flows_stays(text):
    assert flowing(flowing(text)) == flowing(text)


@given(TEXTS)
def test_no_word_is_lost(text):
    assert flowing(text).split() == text.split()


@pytest.mark.parametrize("rule", load_rules(), ids=lambda one: one.path.stem)
def test_the_pack_says_the_same(rule):
    for text in (rule.note, rule.response, rule.setup, rule.risk_reason):
        assert flowing(text).split() == text.split()
