from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from tests.lang import strategies

from comtrap.lang.tokens import KEYWORDS, Kind, shortened, tokenise


def kinds(text):
    tokens, problem = tokenise(text)
    assert problem is None
    assert tokens[-1].kind is Kind.END
    return [(token.kind.name, token.text) for token in tokens[:-1]]


def value(text):
    (token, _), problem = tokenise(text)
    assert problem is None
    return token.value


def refusal(text):
    tokens, problem = tokenise(text)
    assert problem is not None
    assert tokens[-1].kind is Kind.WRONG
    return problem.code, problem.labels[0].span.start, problem.labels[0].span.end


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_keywords_are_lower_case_only(word):
    assert kinds(word) == [("KEYWORD", word)]
    assert kinds(word.upper()) == [("NAME", word.upper())]
    assert kinds(word.title()) == [("NAME", word.title())]
    assert kinds(f"{word}s") == [("NAME", f"{word}s")]


@pytest.mark.parametrize("word", ["head", "tail", "runs", "ms", "s", "length", "_a", "@timestamp", "a1_B", "_", "@"])
def test_other_words_are_names(word):
    assert kinds(word) == [("NAME", word)]


@pytest.mark.parametrize("word", ["in~", "like~", "regex~"])
def test_a_caseless_operator_is_one_token(word):
    assert kinds(f"a {word}(") == [("NAME", "a"), ("KEYWORD", word), ("SYMBOL", "(")]


def test_a_tilde_belongs_to_the_name_before_it():
    assert kinds("between~(") == [("CASELESS_NAME", "between~"), ("SYMBOL", "(")]
    assert value("between~") == "between"
    assert kinds("and~") == [("CASELESS_NAME", "and~")]


@pytest.mark.parametrize("text", ["~", "between ~(a)", "in ~ (1)", "a~~"])
def test_a_tilde_alone_is_refused(text):
    assert refusal(text)[0] == "E102"


@pytest.mark.parametrize("text", ["a-b", "a@b", "éa"])
def test_a_name_is_ascii_and_ends_at_other_characters(text):
    tokens, _ = tokenise(text)

    assert tokens[0].text != text


@pytest.mark.parametrize("number", ["12", "0", "007", "1.5", ".5", "1.", "1e3", "1.5E-2", "1.e+5", ".5e1", "9" * 30])
def test_numbers(number):
    assert kinds(number) == [("NUMBER", number)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("30s", ["30", "s"]),
        ("1e", ["1", "e"]),
        ("1e+", ["1", "e", "+"]),
        ("1.2.3", ["1.2", ".3"]),
        ("1..2", ["1.", ".2"]),
        ("a.5", ["a", ".5"]),
        ("a.b", ["a", ".", "b"]),
        ("1-2", ["1", "-", "2"]),
    ],
)
def test_a_number_ends_where_it_must(text, parts):
    assert [text for _, text in kinds(text)] == parts


@pytest.mark.parametrize("digit", ["٣", "\uff13", "²"])
def test_digits_are_ascii(digit):
    assert refusal(digit)[0] == "E102"


@pytest.mark.parametrize("text", ["== != <= >= < > = : , . ( ) [ ] ![ | + - * / % ?", "==!=<=>=<>=:,.()[]![|+-*/%?"])
def test_symbols_need_no_blanks(text):
    expected = [
        "==",
        "!=",
        "<=",
        ">=",
        "<",
        ">",
        "=",
        ":",
        ",",
        ".",
        "(",
        ")",
        "[",
        "]",
        "![",
        "|",
        "+",
        "-",
        "*",
        "/",
        "%",
        "?",
    ]
    if " " not in text:
        expected[4:7] = ["<", ">="]

    assert [text for _, text in kinds(text)] == expected


def test_comments_and_blanks_are_left_out():
    text = "a // to the end == \r\n\t/* over\n// lines\n*/b/**/c//"

    assert [text for _, text in kinds(text)] == ["a", "b", "c"]


def test_a_comment_inside_text_is_text():
    assert value('"a // b /* c"') == "a // b /* c"


def test_a_slash_divides():
    assert [text for _, text in kinds("a / b")] == ["a", "/", "b"]


@pytest.mark.parametrize("blank", ["\u00a0", "\v", "\f", "\u2028", "\ufeff", "\x00", "\u200b"])
def test_other_blanks_are_refused(blank):
    assert refusal(f"a{blank}b") == ("E102", 1, 2)


@pytest.mark.parametrize("character", list("&!#;${}^“”\\é日"))
def test_other_characters_are_refused(character):
    assert refusal(f"a {character}") == ("E102", 2, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', ""),
        ('"a"', "a"),
        (r'"\b\t\n\f\r\"\'\\"', "\b\t\n\f\r\"'\\"),
        (r'"\u{41}\u{1f600}\u{0000E9}"', "A\U0001f600é"),
        (r'"\u{10ffff}"', "\U0010ffff"),
        (r'"\\u{41}"', r"\u{41}"),
        ('"it\'s"', "it's"),
        ('"日本 \t"', "日本 \t"),
        ('"a*?"', "a*?"),
    ],
)
def test_text_in_double_quotes(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""""""', ""),
        ('"""a"""', "a"),
        (r'"""a\n"b" \"""', 'a\\n"b" \\'),
        ('"""a""""', 'a"'),
        ('"""a"""""', 'a""'),
        ('"""""a"""', '""a'),
        ('"""""""', '"'),
        ('""""""""', '""'),
    ],
)
def test_text_in_triple_quotes(text, expected):
    assert value(text) == expected


def test_a_third_quote_after_triple_quotes_begins_the_next_text():
    assert refusal('"""a"""' + '"""') == ("E103", 9, 10)
    assert kinds('"""a"""""' + '""') == [("STRING", '"""a"""""'), ("STRING", '""')]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a', ("E103", 0, 1)),
        ('x "a\n"', ("E103", 2, 3)),
        ('"a\r"', ("E103", 0, 1)),
        ('"a\\"', ("E103", 0, 1)),
        ('"""a', ("E103", 0, 3)),
        ('"""a""', ("E103", 0, 3)),
        ('"""a\n"""', ("E103", 0, 3)),
        ('"""a\r"""', ("E103", 0, 3)),
        ("'a'", ("E104", 0, 3)),
        ("'a", ("E104", 0, 1)),
        ("'a\n'", ("E104", 0, 1)),
        ('?"a"', ("E105", 0, 2)),
        ("?'a'", ("E105", 0, 2)),
        (r'"a\w"', ("E106", 2, 4)),
        ('"a\\', ("E106", 2, 3)),
        ('"a\\\n"', ("E106", 2, 4)),
        (r'"\u0041"', ("E106", 1, 3)),
        (r'"\u{41"', ("E106", 1, 3)),
        (r'"\u{xy}"', ("E106", 1, 3)),
        (r'"\x41"', ("E106", 1, 3)),
        (r'"\u{}"', ("E107", 1, 5)),
        (r'"\u{D}"', ("E107", 1, 6)),
        (r'"\u{123456789}"', ("E107", 1, 14)),
        (r'"\u{d800}"', ("E107", 1, 9)),
        (r'"\u{dfff}"', ("E107", 1, 9)),
        (r'"\u{110000}"', ("E107", 1, 11)),
        (r'"\u{10000000}"', ("E107", 1, 13)),
        ("`a", ("E108", 0, 1)),
        ("`a``", ("E108", 0, 1)),
        ("``", ("E108", 0, 2)),
        ("/*", ("E109", 0, 2)),
        ("a /*/", ("E109", 2, 4)),
    ],
)
def test_what_is_no_token_is_refused_where_it_stands(text, expected):
    assert refusal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`a-b`", "a-b"),
        ("`a``b`", "a`b"),
        ("````", "`"),
        ("`a.b`", "a.b"),
        ("`?x`", "?x"),
        ("`in`", "in"),
        ("`a\n`", "a\n"),
    ],
)
def test_names_in_back_quotes(text, expected):
    assert tokenise(text)[0][0].kind is Kind.QUOTED_NAME
    assert value(text) == expected


def test_tokens_before_a_mistake_are_kept():
    tokens, problem = tokenise("any where 'x'")

    assert problem is not None
    assert [token.text for token in tokens] == ["any", "where", "'x'"]


def test_the_end_stands_after_the_last_token():
    assert tokenise("a  // b\n")[0][-1].span.start == 1
    assert tokenise(" \n")[0][-1].span.start == 0


@given(strategies.token_soups())
def test_a_token_is_what_stands_at_its_place(text):
    tokens, _ = tokenise(text)

    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(a.end <= b.start for a, b in pairwise(tokens))


@given(strategies.texts(30))
def test_any_text_is_tokens_or_has_one_problem(text):
    tokens, problem = tokenise(text)

    assert tokens[-1].kind is (Kind.END if problem is None else Kind.WRONG)


def test_what_is_shown_in_a_message_is_short_and_prints():
    assert shortened("a\x1b[31m" + "b" * 100) == "a [31m" + "b" * 17 + "…"
    assert shortened("plain") == "plain"
