from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.check.re2 import matches

from comtrap.check.lucene import PatternError, translate


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("", [""], ["a"]),
        ("a", ["a"], ["aa", "A", ""]),
        ("a.c", ["abc", "a\nc", "a\u20acc"], ["ac", "abbc"]),
        ("ab|cd|", [], []),
        ("ab|cd", ["ab", "cd"], ["abd", "acd"]),
        ("a(b|c)d", ["abd", "acd"], ["abcd"]),
        ("a()b", ["ab"], []),
        ("ab?c*d+", ["ad", "abccdd"], ["a", "abbd"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("a{1,2}b", ["ab", "aab"], ["b", "aaab"]),
        ("a{0}b", ["b"], ["ab"]),
        ("a{2,1}", [], ["a", "aa", ""]),
        ("a**", ["", "aaa"], ["b"]),
        ("a.*?b", ["ab", "axxb"], ["a"]),
        ("[abc]", ["a", "c"], ["d", "ab"]),
        ("[^a-c]", ["d", "\n", "é"], ["b", ""]),
        ("[a-]b]", [], []),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a^]", ["a", "^"], ["b"]),
        (r"[\]\-\\]", ["]", "-", "\\"], ["a"]),
        (r"[\d_]+", ["1_2"], ["a"]),
        (r"\d\D\s\S\w\W", ["1a b_-", "2b\tcd "], ["aa b_-"]),
        (r"\s", [" ", "\t", "\n", "\r"], ["\v", "\u00a0"]),
        (r"\.\*\\", [".*\\"], ["aa\\"]),
        (r"\n\b", ["nb"], ["\nb"]),
        ("^a$", ["^a$"], ["a"]),
        ("a/b-c,d", ["a/b-c,d"], []),
        ('"a.*[b]"', ["a.*[b]"], ["axb"]),
        ("a@", ["a", "a\nbc"], ["b"]),
        ("a#", [], ["a", "a#"]),
        ("a|#", ["a"], ["#", ""]),
        ("<1-12>", ["1", "07", "12", "0009"], ["0", "13", "", "1a"]),
        ("<01-12>", ["01", "12"], ["1", "001", "13"]),
        ("<12-3>", ["3", "12"], ["2"]),
        ("<0-0>", ["0"], ["1", "00"]),
        ("*a", ["*a"], ["a", "aa"]),
        ("(?i)a", ["?ia"], ["a", "A"]),
        ("a||b", ["a", "|b"], ["b", ""]),
        ("}a]", ["}a]"], []),
        ("(a|b)(c|d)", ["ac", "bd"], ["acd"]),
        ("é+\U0001f600", ["éé\U0001f600"], ["e\U0001f600"]),
        (".*net1?[ ]+(localgroup|user).*", ["C:\\net1.exe net user x", "net  localgroup"], ["net"]),
    ],
)
def test_lucene(pattern, hits, misses):
    if not hits and not misses:
        with pytest.raises(PatternError):
            translate(pattern)
        return
    regex = translate(pattern)

    assert [value for value in hits if not matches(regex, value)] == []
    assert [value for value in misses if matches(regex, value)] == []


@pytest.mark.parametrize(
    ("pattern", "lower_hits", "lower_misses"),
    [
        ("ABC", ["abc"], ["ab"]),
        ("[A-C]x", ["ax", "cx"], ["dx"]),
        ("[^A]", ["b"], ["a"]),
        (r"\D+", ["abc"], ["1"]),
        (r"\W", ["-"], ["a"]),
        (r"\S\w", ["-a"], [" a"]),
        ('"A.B"', ["a.b"], ["axb"]),
        ("É|\u212a", ["é", "k"], ["e"]),
        ("[Z-\\]]", ["z", "[", "\\", "]"], ["a"]),
    ],
)
def test_patterns_that_ignore_case_are_for_values_in_lower_case(pattern, lower_hits, lower_misses):
    regex = translate(pattern, ignore_case=True)

    assert [value for value in lower_hits if not matches(regex, value)] == []
    assert [value for value in lower_misses if matches(regex, value)] == []


@pytest.mark.parametrize(
    "pattern",
    ["(", "(a", "a)", "[", "[a", "[^", "a{", "a{x", "a{1", "a{1,2", "a|", "a\\", "\\", '"a', "<", "<1", "<1>", "<a-b>", "<1-2-3>",
     "<-1>", "<name>", "[b-a]", "a{9999999999}", "(|", "<99999999999-1>"],
)  # fmt: skip
def test_what_is_no_expression_is_wrong(pattern):
    with pytest.raises(PatternError) as raised:
        translate(pattern)

    assert raised.value.is_wrong
    assert 0 <= raised.value.position <= len(pattern)


@pytest.mark.parametrize(
    "pattern", ["~a", "a~b", "a&b", "(a&b)", "(" * 200 + "a" + ")" * 200, "a" + "*" * 200, "((a{1000}){1000})"]
)
def test_what_re2_cannot_run_is_not_translated(pattern):
    with pytest.raises(PatternError) as raised:
        translate(pattern)

    assert not raised.value.is_wrong


@pytest.mark.parametrize("sign", list('~&@#<>"^$'))
def test_an_escaped_operator_is_a_character(sign):
    assert matches(translate(f"a\\{sign}b"), f"a{sign}b")
    assert matches(translate(f"[{sign}a]" if sign != "^" else "[a^]"), sign)


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ('"~&@#<1-2>', ['"~&@#<1-2>'], []),
        ("a.*?b", ["ab", "a\nb"], ["a"]),
        ("(?:ab)+", ["abab"], ["a"]),
        ("a||b", ["a", "", "b"], ["|b"]),
        ("(|a)b", ["b", "ab"], ["|b"]),
        (r"\t\n\r\f", ["\t\n\r\f"], ["tnrf"]),
        (r"\s", ["\v", " "], ["s"]),
        (r"\.\-\[", [".-["], []),
        ("[^a-c]{2,3}", ["dd", "ddd"], ["d", "da"]),
        ("", [""], ["a"]),
    ],
)
def test_on_computed_texts_patterns_are_read_as_java_does(pattern, hits, misses):
    regex = translate(pattern, computed=True)

    assert [value for value in hits if not matches(regex, value)] == []
    assert [value for value in misses if matches(regex, value)] == []


@pytest.mark.parametrize(
    ("pattern", "is_wrong"),
    [("^a", False), ("a$", False), (r"\bx", False), (r"\1", False), ("(?i)a", False), ("(?=a)", False), ("a++", False),
     ("[a[b]]", False), ("[a&&b]", False), ("[]a]", False), ("*a", True), ("a**", True), ("a{2}{3}", True), ("a{3,2}", True),
     ("(a", True), ("a)", True), ("[a", True), ("\\", True), ("|*", True), (r"\x41", False), (r"\p{L}", False), ("(?<n>a)", False)],
)  # fmt: skip
def test_what_java_alone_knows_is_refused(pattern, is_wrong):
    with pytest.raises(PatternError) as raised:
        translate(pattern, computed=True)

    assert raised.value.is_wrong == is_wrong


SIGNS = st.text(alphabet='ab019AÉ.*+?{},()|[]^$-~&@#<>"\\dwsDWS\n', max_size=20)


@settings(max_examples=500)
@given(SIGNS, st.booleans(), st.booleans())
def test_no_pattern_is_more_than_refused_and_what_is_not_compiles(pattern, ignore_case, computed):
    try:
        regex = translate(pattern, ignore_case=ignore_case, computed=computed)
    except PatternError:
        return
    matches(regex, "ab")


@given(st.text(max_size=10))
def test_escaped_texts_match_themselves(value):
    regex = translate("".join(f"\\{c}" if not c.isalnum() else c for c in value))

    assert matches(regex, value)
    assert not matches(regex, value + "x")
