from __future__ import annotations

import math

import pytest

from comtrap.errors import ParseError
from comtrap.lang import ast
from comtrap.lang.parse import parse_expression

A, B, C, D = (ast.Field(name) for name in "abcd")
ONE, TWO = ast.Literal(1), ast.Literal(2)
TEXT, OTHER = ast.Literal("x"), ast.Literal("y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b or c", ast.Or((A, B, C))),
        ("a and b and c", ast.And((A, B, C))),
        ("a or b and c", ast.Or((A, ast.And((B, C))))),
        ("(a or b) and c", ast.And((ast.Or((A, B)), C))),
        ("(a and b) and c", ast.And((ast.And((A, B)), C))),
        ("not a and b", ast.And((ast.Not(A), B))),
        ("not not a", ast.Not(ast.Not(A))),
        ("not a == 1", ast.Not(ast.Compare("==", A, ONE))),
        ("a + 1 == b", ast.Compare("==", ast.Arithmetic("+", A, ONE), B)),
        ("(a == b) == c", ast.Compare("==", ast.Compare("==", A, B), C)),
        ("a - b - c", ast.Arithmetic("-", ast.Arithmetic("-", A, B), C)),
        ("a + b * c", ast.Arithmetic("+", A, ast.Arithmetic("*", B, C))),
        ("a * b % c / d", ast.Arithmetic("/", ast.Arithmetic("%", ast.Arithmetic("*", A, B), C), D)),
        ("a - -1", ast.Arithmetic("-", A, ast.Literal(-1))),
        ("a -1", ast.Arithmetic("-", A, ONE)),
        ("-a", ast.Negate(A)),
        ("-a * b", ast.Arithmetic("*", ast.Negate(A), B)),
        ("- 1", ast.Literal(-1)),
        ("+1", ONE),
        ("+-+1", ast.Negate(ONE)),
        ("--1", ast.Negate(ast.Literal(-1))),
        ("-(1)", ast.Negate(ONE)),
        ("-1 in (1)", ast.Negate(ast.In(ONE, (ONE,), ignore_case=False, negated=False))),
        ("a + b in (1)", ast.Arithmetic("+", A, ast.In(B, (ONE,), ignore_case=False, negated=False))),
    ],
)
def test_operators_bind_by_rank_and_from_the_left(text, expected):
    assert parse_expression(text) == expected


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons(op):
    assert parse_expression(f"a{op}1") == ast.Compare(op, A, ONE)


@pytest.mark.parametrize(
    ("text", "ignore_case", "negated"),
    [("a in (1, b)", False, False), ("a in~ (1, b)", True, False), ("a not in (1, b)", False, True)],
)
def test_in_takes_expressions(text, ignore_case, negated):
    assert parse_expression(text) == ast.In(A, (ONE, B), ignore_case, negated)


@pytest.mark.parametrize(
    ("operator", "ignore_case", "regex"),
    [
        (":", True, False),
        ("like", False, False),
        ("like~", True, False),
        ("regex", False, True),
        ("regex~", True, True),
    ],
)
def test_likes_take_one_pattern_or_several(operator, ignore_case, regex):
    assert parse_expression(f'a {operator} "x"') == ast.Like(A, (TEXT,), ignore_case, regex)
    assert parse_expression(f'a {operator} ("x", "y")') == ast.Like(A, (TEXT, OTHER), ignore_case, regex)


def test_a_colon_is_remembered_but_is_the_same_as_like_ignoring_case():
    colon, like = parse_expression('a : "x"'), parse_expression('a like~ "x"')

    assert colon == like
    assert (colon.colon, like.colon) == (True, False)


def test_patterns_of_a_wrong_type_are_left_to_the_check():
    assert parse_expression("a : (1, true, null)").patterns == (ONE, ast.Literal(value=True), ast.Literal(None))


def test_calls():
    assert parse_expression("f()") == ast.Call("f", ())
    assert parse_expression("F ( a , g~(1) )") == ast.Call("F", (A, ast.Call("g", (ONE,), ignore_case=True)))
    assert parse_expression('f(a : "x", b)') == ast.Call("f", (ast.Like(A, (TEXT,), ignore_case=True, regex=False), B))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.b.c", "a.b.c"),
        ("a . b", "a.b"),
        ("`a.b`", "a.b"),
        ("`a-b`.c", "a-b.c"),
        ("a.`b``c`", "a.b`c"),
        ("a.any.in", "a.any.in"),
        ("@timestamp", "@timestamp"),
        ("`?x`", "?x"),
        ("runs", "runs"),
    ],
)
def test_a_field_is_its_dotted_path(text, name):
    assert parse_expression(text) == ast.Field(name)
    assert parse_expression(f"?{text}") == ast.Field(name, optional=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("007", 7),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("9223372036854775808", float(1 << 63)),
        ("-9223372036854775809", -float(1 << 63)),
        ("0" * 5000 + "5", 5),
        ("9" * 300, 1e300),
        ("1e-999", 0.0),
        ('"1"', "1"),
    ],
)
def test_literals(text, value):
    assert parse_expression(text) == ast.Literal(value)


def test_a_negative_zero_keeps_its_sign():
    found = parse_expression("-0.0")

    assert isinstance(found, ast.Literal)
    assert math.copysign(1, found.value) == -1


@pytest.mark.parametrize("number", ["1e309", "9" * 400, "-1e400"])
def test_a_number_no_float_can_hold_is_refused(number):
    assert refusal(f"a == {number}")[0] == "E110"


def refusal(text):
    with pytest.raises(ParseError) as found:
        parse_expression(text)
    (diagnostic,) = found.value.diagnostics
    return diagnostic.code, found.value.text[diagnostic.labels[0].span.start : diagnostic.labels[0].span.end]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "E120", ""),
        ("a b", "E101", "b"),
        ("a AND b", "E101", "AND"),
        ("a and", "E101", ""),
        ("a and or b", "E101", "or"),
        ("(a", "E101", ""),
        ("a)", "E101", ")"),
        ("()", "E101", ")"),
        ("f(a", "E101", ""),
        ("f(a,)", "E101", ")"),
        ("f(,a)", "E101", ","),
        ("f~", "E101", "f~"),
        ("`f`(a)", "E101", "("),
        ("a.b(c)", "E101", "("),
        ("a.", "E101", ""),
        ("a.1b", "E101", ".1"),
        ("?", "E101", ""),
        ("??a", "E101", "?"),
        ("?1", "E101", "1"),
        ("a.in~", "E101", "in~"),
        ("a == not b", "E101", "not"),
        ("a in b", "E101", "b"),
        ("a in (1", "E101", ""),
        ("a not like 'x'", "E101", "not"),
        ('a : "x", "y"', "E101", ","),
        ("a :", "E101", ""),
        ("a : (", "E101", ""),
        ('a : ("x",)', "E101", ")"),
        ("a in (1) in (2)", "E101", "in"),
        ('a : "x" : "y"', "E101", ":"),
        ("a where b", "E101", "where"),
        ("a == 'x'", "E104", "'x'"),
        ("a = 1", "E112", "="),
        ("a == = 1", "E112", "== ="),
        ("a == b == c", "E113", "=="),
        ("a < b <= c", "E113", "<="),
        ("any == 1", "E114", "any"),
        ('with.x : "a"', "E114", "with"),
        ("?in", "E114", "in"),
        ("a in ()", "E116", "()"),
        ("a : ( )", "E116", "( )"),
        ("a : b", "E117", "b"),
        ("a like -5", "E117", "-"),
        ('a regex ("x", f())', "E117", "f"),
        ("a[0]", "E118", "["),
        ("child of [b where c]", "E119", "child"),
        ("event . x of [b where c]", "E119", "event . x"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(text, code, place):
    assert refusal(text) == (code, place)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a AND b", "did you mean `and`?"),
        ("a Or b", "did you mean `or`?"),
        ("a || b", "write `or`"),
        ("a && b", "write `and`"),
        ("a <> b", "a field"),
        ("a not : b", "not field : …"),
        ("1a == 2", "back-quotes"),
        ("a.1b == 2", "back-quotes"),
        ('a : "x", "y"', ': ("a", "b")'),
        ("any == 1", "`` `any` ``"),
    ],
)
def test_slips_that_are_often_made_come_with_advice(text, advice):
    with pytest.raises(ParseError) as found:
        parse_expression(text)

    assert advice in str(found.value)


def test_an_open_bracket_is_pointed_at():
    with pytest.raises(ParseError) as found:
        parse_expression("f(a, (b or c)")

    (diagnostic,) = found.value.diagnostics
    assert [(label.text, label.span.start) for label in diagnostic.labels] == [("expected `)`", 13), ("opened here", 1)]


def test_spans_cover_what_was_written():
    text = '(a) and not f( b ,1 ) == -5 or ?c.`d` not in ( "x" )'
    tree = parse_expression(text)

    def written(node):
        return text[node.span.start : node.span.end]

    conjunction, membership = tree.operands
    comparison = conjunction.operands[1].operand
    assert written(tree) == text
    assert written(conjunction) == "(a) and not f( b ,1 ) == -5"
    assert written(conjunction.operands[0]) == "a"
    assert written(conjunction.operands[1]) == "not f( b ,1 ) == -5"
    assert written(comparison.left) == "f( b ,1 )"
    assert written(comparison.left.arguments[1]) == "1"
    assert written(comparison.right) == "-5"
    assert written(membership) == '?c.`d` not in ( "x" )'
    assert written(membership.value) == "?c.`d`"
    assert written(membership.options[0]) == '"x"'
