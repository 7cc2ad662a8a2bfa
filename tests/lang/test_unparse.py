from __future__ import annotations

import pytest
from hypothesis import given
from tests.lang import strategies

from comtrap.lang import ast
from comtrap.lang.layout import layout
from comtrap.lang.parse import parse, parse_expression
from comtrap.lang.unparse import unparse, unparse_expression


@given(strategies.expressions())
def test_every_expression_reads_back(expr):
    assert parse_expression(unparse_expression(expr)) == expr


@given(strategies.queries())
def test_every_query_reads_back(query):
    text = unparse(query)

    assert parse(text) == query
    assert unparse(parse(text)) == text


@given(strategies.expressions(40))
def test_a_broken_condition_reads_back(expr):
    assert parse(unparse(ast.Query(ast.EventQuery(None, expr)))).body.condition == expr


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("(a)", "a"),
        ("((a and b)) or c", "a and b or c"),
        ("a and (b or c)", "a and (b or c)"),
        ("(a and b) and c", "(a and b) and c"),
        ("a or (b or c)", "a or (b or c)"),
        ("not (a)", "not a"),
        ("not (a and b)", "not (a and b)"),
        ("not (a == 1)", "not a == 1"),
        ("(not a) == b", "(not a) == b"),
        ("(a == b) == c", "(a == b) == c"),
        ("a+b*c", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)", "a / (b * c)"),
        ("+a", "a"),
        ("- 5", "-5"),
        ("-(5)", "-(5)"),
        ("--5", "-(-5)"),
        ("--a", "-(-a)"),
        ("-(a+b)", "-(a + b)"),
        ("-f(a)", "-f(a)"),
        ("a--5", "a - -5"),
        ("(-5) in (-5, 5)", "(-5) in (-5, 5)"),
        ("-5 in (5)", "-5 in (5)"),
        ("x not in~ (1)", "x not in~ (1)"),
        ("not x in (1)", "not x in (1)"),
        ('x : ("a")', 'x : "a"'),
        ('x like~ ("a", "b")', 'x : ("a", "b")'),
        ('x like "a"', 'x like "a"'),
        ('x regex~ """a"""', 'x regex~ "a"'),
        ('(x : "a") : "b"', '(x : "a") : "b"'),
        ("? a . b", "?a.b"),
        ("`a.b`", "a.b"),
        ("`a-b`.c", "`a-b`.c"),
        ("a.any", "a.`any`"),
        ("`sequence`", "`sequence`"),
        ("`a..b`", "`a..b`"),
        ("`a``b`", "`a``b`"),
        ("`?x`", "`?x`"),
        ("between~ ( a , b )", "between~(a, b)"),
        ("f()", "f()"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("0.0000001", "1e-07"),
        ("99999999999999999999", "1e+20"),
        ("007", "7"),
        ("-0.0", "-0.0"),
    ],
)
def test_expressions_have_one_canonical_text(written, canonical):
    assert unparse_expression(parse_expression(written)) == canonical
    assert parse_expression(canonical) == parse_expression(written)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ("C:\\x", '"""C:\\x"""'),
        ('say "x"', '"""say "x""""'),
        ('"', '"""""""'),
        ('a""', '"""a"""""'),
        ('a"""', '"a\\"\\"\\""'),
        ("a\nb", '"a\\nb"'),
        ("\\\n", '"\\\\\\n"'),
        ("\x00\u200f\x07", '"\\u{00}\\u{200f}\\u{07}"'),
        ("\b\t\f\r", '"\\b\\t\\f\\r"'),
        ("日本", '"日本"'),
    ],
)
def test_text_is_raw_where_that_saves_a_backslash(value, text):
    assert unparse_expression(ast.Literal(value)) == text
    assert parse_expression(text) == ast.Literal(value)


@pytest.mark.parametrize(
    ("category", "text"),
    [(None, "any"), ("any", '"any"'), ("process", "process"), ("a b", '"a b"'), ("", '""'), ("where", '"where"')],
)
def test_a_category_is_quoted_where_it_is_no_name(category, text):
    query = ast.Query(ast.EventQuery(category, ast.Literal(value=True)))

    assert unparse(query) == f"{text} where true"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("90s", "90s"), ("60s", "1m"), ("60000ms", "1m"), ("1500ms", "1500ms"), ("24h", "1d"), ("120m", "2h")],
)
def test_a_maxspan_has_the_largest_unit_that_fits(written, canonical):
    query = parse(f"sequence with maxspan={written} [a where b] [c where d]")

    assert unparse(query).splitlines()[0] == f"sequence with maxspan={canonical}"


def test_a_short_event_query_stands_on_one_line():
    text = 'process where process.name : "mmc.exe" and process.args == "-Embedding" | tail 5'

    assert unparse(parse(text)) == text


def test_a_sequence_has_one_stage_a_line():
    text = """\
sequence by host.id, ?user.id with maxspan=5m
  [process where process.name : "mmc.exe"] by process.entity_id with runs=2
  ![any where true] by process.entity_id
  until [process where event.type == "end"] by process.entity_id
| head 3
| tail 1"""

    assert unparse(parse(text.replace("\n", " "))) == text


def test_a_sample_has_one_stage_a_line():
    text = "sample by host.id\n  [file where a] by b\n  [any where c] by ?d"

    assert unparse(parse(text.replace("\n", " "))) == text


@given(strategies.queries())
def test_a_canonical_text_is_laid_out(query):
    assert layout(unparse(query)) == unparse(query)
