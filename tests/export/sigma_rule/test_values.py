from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.types import SigmaString, SpecialChars

from comtrap.export.sigma_rule.values import patterned, plain, regex, wildcard
from comtrap.export.target import NoFormError

TEXTS = st.text(alphabet='ab\\*?"', max_size=12)


@given(TEXTS)
def test_a_plain_text_is_read_as_itself(text):
    assert "".join(SigmaString(plain(text)).s) == text


@given(TEXTS)
def test_a_pattern_is_read_with_its_wildcards_and_backslashes(pattern):
    signs = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    read = "".join(signs.get(part, part) for part in SigmaString(wildcard(pattern)).s)
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    assert read == pattern


@pytest.mark.parametrize(
    ("patterns", "modifier", "values"),
    [
        (("*a*", "*b*c*"), "contains", ["a", "b*c"]),
        (("*\\a.exe",), "endswith", ["\\a.exe"]),
        (("?:\\Users\\*",), "startswith", ["?:\\Users\\"]),
        (("a",), "", ["a"]),
        (("*a*", "b*"), "", ["*a*", "b*"]),
        (("*",), "", ["*"]),
        (("", "-"), "", ["", "-"]),
        (("\\\\*",), "startswith", ["\\\\\\"]),
        (("a**b*",), "startswith", ["a*b"]),
    ],
)
def test_wildcards_at_the_ends_become_modifiers(patterns, modifier, values):
    assert patterned(patterns) == (modifier, values)


@pytest.mark.parametrize(
    ("lucene", "searched"),
    [
        (".*a.*", "a"),
        ("a.*", "^a"),
        (".*a", "a$"),
        ("a|b", "^(a|b)$"),
        (".*a|b.*", "^(.*a|b.*)$"),
        (".*(a|b).*", "(a|b)"),
        ("a\\.*", "^a\\.*$"),
        ("^a$", "^\\^a\\$$"),
        ("\\n\\/[\\d]", "^n/[\\d]$"),
        ("[^|(]|.*", "^([^|(]|.*)$"),
    ],
)
def test_a_match_of_the_whole_becomes_a_search(lucene, searched):
    assert regex(lucene) == searched


@pytest.mark.parametrize("lucene", ["<1-9>", "a&b", "~a", "a@", "#"])
def test_what_only_lucene_knows_is_refused(lucene):
    with pytest.raises(NoFormError, match="Lucene"):
        regex(lucene)
