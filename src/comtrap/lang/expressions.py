"""Tokens to expressions: one method per line of the grammar, the line above it.

Source: docs/grammar.ebnf; the EQL syntax reference of Elasticsearch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comtrap.errors import Label
from comtrap.lang import ast
from comtrap.lang.cursor import LEVELS, Cursor
from comtrap.lang.tokens import Kind, Token
from comtrap.lang.walk import deepest

if TYPE_CHECKING:
    from comtrap.errors import ParseError

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
LIKES = {  # spelling → (ignore_case, regex)
    ":": (True, False),
    "like": (False, False),
    "like~": (True, False),
    "regex": (False, True),
    "regex~": (True, True),
}
_AFTER_A_VALUE = frozenset({*COMPARISONS, *LIKES, "in", "in~", ".", "="})
_NAMES = frozenset({Kind.NAME, Kind.QUOTED_NAME})
_INTEGER_DIGITS = 19  # of the largest integer of 64 bits


class Expressions(Cursor):
    """Reads expressions. Every method takes the tokens of its line and gives the node they stand for."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = 0

    def condition(self) -> ast.Expr:
        """A whole expression, refused if its tree is deeper than the code after us can follow."""
        found = self.expression()
        too_deep = deepest(found, LEVELS)
        if too_deep is not None:
            raise self._nested_too_deep(Label(too_deep.span, "this is one level too many"))
        return found

    # expression := conjunction ("or" conjunction)*
    def expression(self) -> ast.Expr:
        """What an event query asks, or a part of it in parentheses."""
        start = self.token.start
        operands = [self.conjunction()]
        while self.accept("or"):
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else ast.Or(tuple(operands), span=self.since(start))

    # conjunction := negation ("and" negation)*
    def conjunction(self) -> ast.Expr:
        """What ``or`` joins."""
        start = self.token.start
        operands = [self.negation()]
        while self.accept("and"):
            operands.append(self.negation())
        return operands[0] if len(operands) == 1 else ast.And(tuple(operands), span=self.since(start))

    # negation := "not"* comparison
    def negation(self) -> ast.Expr:
        """What ``and`` joins."""
        starts = []
        while word := self.accept("not"):
            starts.append(word.start)
            self._bound(len(starts), word)
        found = self.comparison()
        for start in reversed(starts):
            found = ast.Not(found, span=self.since(start))
        return found

    # comparison := sum (("==" | "!=" | "<" | "<=" | ">" | ">=") sum)?
    def comparison(self) -> ast.Expr:
        """At most one comparison."""
        start = self.token.start
        left = self.sum()
        operator = self.accept(*COMPARISONS)
        if self.token.text == "=":
            raise self._lone_equals(operator)
        if operator is None:
            return left
        right = self.sum()
        if self.token.text in COMPARISONS:
            labels = [Label(self.token.span, "expected `and`, `or` or the end"), Label(operator.span, "the first one")]
            advice = "compare twice: `a < b and b < c`; or put one comparison in parentheses"
            raise self.error("E113", "two comparisons in a row", labels, advice)
        return ast.Compare(operator.text, left, right, span=self.since(start))

    # sum := product (("+" | "-") product)*
    def sum(self) -> ast.Expr:
        """Terms, added from the left."""
        start = self.token.start
        found = self.product()
        length = 0
        while operator := self.accept("+", "-"):
            length += 1
            self._bound(length, operator)
            found = ast.Arithmetic(operator.text, found, self.product(), span=self.since(start))
        return found

    # product := unary (("*" | "/" | "%") unary)*
    def product(self) -> ast.Expr:
        """Factors, multiplied from the left."""
        start = self.token.start
        found = self.unary()
        length = 0
        while operator := self.accept("*", "/", "%"):
            length += 1
            self._bound(length, operator)
            found = ast.Arithmetic(operator.text, found, self.unary(), span=self.since(start))
        return found

    # unary := ("-" | "+")* predicate
    def unary(self) -> ast.Expr:
        """Signs; a minus before a number alone is part of it."""
        signs = []
        while sign := self.accept("-", "+"):
            signs.append(sign)
            self._bound(len(signs), sign)
        first, position = self.token, self.position
        found = self.predicate()
        alone = first.kind is Kind.NUMBER and self.position == position + 1
        if alone and signs and signs[-1].text == "-":  # the minus is part of the number
            minus = signs.pop()
            found = ast.Literal(self._number(first, negative=True), span=self.since(minus.start))
        for sign in reversed(signs):
            if sign.text == "-":
                found = ast.Negate(found, span=self.since(sign.start))
        return found

    # predicate := primary (membership | likeness)?
    def predicate(self) -> ast.Expr:
        """A value, and perhaps what it is among or like."""
        start = self.token.start
        value = self.primary()
        word = self.token.text
        if word in {"in", "in~"} or (word == "not" and self.ahead.text in {"in", "in~"}):
            return self.membership(value, start)
        if word in LIKES:
            return self.likeness(value, start)
        return value

    # membership := "not"? ("in" | "in~") "(" expression ("," expression)* ")"
    def membership(self, value: ast.Expr, start: int) -> ast.In:
        """``in`` and its list, after the value that starts at `start`."""
        negated = self.accept("not") is not None
        operator = self.take()
        opened = self.expect("(", "the values stand in parentheses: `in (1, 2)`")
        self._refuse_empty(opened)
        options = self.expressions(opened)
        return ast.In(value, options, operator.text == "in~", negated, span=self.since(start))

    # likeness := (":" | "like" | "like~" | "regex" | "regex~") (constant | "(" constant ("," constant)* ")")
    def likeness(self, value: ast.Expr, start: int) -> ast.Like:
        """``:``, ``like`` or ``regex`` and its patterns, after the value that starts at `start`."""
        operator = self.take()
        ignore_case, regex = LIKES[operator.text]
        opened = self.accept("(")
        if opened is not None:
            self._refuse_empty(opened)
        patterns = [self._pattern(operator)]
        while opened is not None and self.accept(","):
            patterns.append(self._pattern(operator))
        if opened is not None:
            self.close(opened, ")")
        elif self.token.text == "," and self._level == 0:
            raise self.unexpected(
                "`and`, `or` or the end", f'several patterns stand in parentheses: `{operator.text} ("a", "b")`'
            )
        colon = operator.text == ":"
        return ast.Like(value, tuple(patterns), ignore_case, regex, colon, span=self.since(start))

    # primary := constant | call | field | "(" expression ")"
    def primary(self) -> ast.Expr:
        """The smallest expression."""
        token = self.token
        if token.text == "(":
            self.take()
            self._enter()
            inner = self.expression()
            self.close(token, ")")
            self._level -= 1
            return inner
        literal = self.constant()
        if literal is not None:
            return literal
        if self.ahead.text == "(" and token.kind in {Kind.NAME, Kind.CASELESS_NAME}:
            return self.call()
        if token.kind in _NAMES or token.text == "?":
            return self.reference()
        if token.kind is Kind.KEYWORD and self.ahead.text in _AFTER_A_VALUE:
            raise self._reserved()
        raise self.unexpected("a field, a value, a function or `(`")

    # constant := NUMBER | STRING | "true" | "false" | "null"
    def constant(self) -> ast.Literal | None:
        """A literal, or None where the next token is none."""
        token = self.token
        if token.kind is Kind.STRING:
            return ast.Literal(token.value, span=self.take().span)
        if token.kind is Kind.NUMBER:
            return ast.Literal(self._number(token, negative=False), span=self.take().span)
        if token.text in {"true", "false"}:
            return ast.Literal(token.text == "true", span=self.take().span)
        if token.text == "null":
            return ast.Literal(None, span=self.take().span)
        return None

    # call := (NAME | CASELESS_NAME) "(" (expression ("," expression)*)? ")"
    def call(self) -> ast.Call:
        """A function call."""
        name = self.take()
        opened = self.take()
        arguments = self.expressions(opened) if self.token.text != ")" else ()
        if not arguments:
            self.take()
        return ast.Call(name.value, arguments, name.kind is Kind.CASELESS_NAME, span=self.since(name.start))

    def expressions(self, opened: Token) -> tuple[ast.Expr, ...]:
        """At least one expression, and the parenthesis that closes `opened`."""
        self._enter()
        found = [self._item()]
        while self.accept(","):
            found.append(self._item())
        self.close(opened, ")")
        self._level -= 1
        return tuple(found)

    def _item(self) -> ast.Expr:
        """An expression; a constant alone is taken at once, since lists of thousands of them are usual."""
        literal = self.constant() if self.ahead.text in {",", ")"} else None
        return self.expression() if literal is None else literal

    def reference(self) -> ast.Field:
        """A field as a value; refuses what other dialects put after one."""
        field = self.field()
        if self.token.text == "of":
            advice = "join the two events by their entity ids: `sequence by process.entity_id [process where …] […]`"
            raise self.error("E119", f"`{field.name} of` is not supported", self.since(field.span.start), advice)
        if self.token.text == "[" and self.ahead.kind is Kind.NUMBER:
            label = Label(self.token.span, "expected an operator, `and` or `or`")
            advice = "a condition on a field with several values holds if it holds for any of them"
            raise self.error("E118", "array indexes are not supported", [label], advice)
        return field

    # field := "?"? name ("." name)*
    def field(self) -> ast.Field:
        """A field's dotted name."""
        start = self.token.start
        optional = self.accept("?") is not None
        if self.token.kind is Kind.KEYWORD:
            raise self._reserved()
        names = [self.name()]
        while self.accept("."):
            names.append(self.name(after_a_dot=True))
        return ast.Field(".".join(names), optional, span=self.since(start))

    # name := NAME | QUOTED_NAME
    def name(self, *, after_a_dot: bool = False) -> str:
        """One part of a field's name; after a dot, a keyword is one too."""
        token = self.token
        if token.kind in _NAMES or (after_a_dot and token.kind is Kind.KEYWORD and not token.text.endswith("~")):
            return self.take().value
        raise self.unexpected(
            "a field's name", "a name with other characters than letters, digits, `_` and `@` stands in back-quotes"
        )

    def _pattern(self, operator: Token) -> ast.Literal:
        found = self.constant()
        if found is not None:
            return found
        if self.token.kind in {Kind.WRONG, Kind.END} or self.token.text in {")", ","}:
            raise self.unexpected("a text")
        label = Label(self.token.span, "expected a text in double quotes")
        equality = "`==`" if operator.text == ":" else f"`==` rather than `{operator.text}`"
        advice = f"put the pattern in double quotes; to compare with a value that is no pattern, write {equality}"
        raise self.error("E117", f"`{operator.text}` compares with constants only", [label], advice)

    def _refuse_empty(self, opened: Token) -> None:
        if self.token.text == ")":
            label = Label(opened.span.to(self.token.span), "expected at least one value")
            raise self.error(
                "E116", "empty list", [label], "put a value in, or remove the condition: nothing is in an empty list"
            )

    def _number(self, token: Token, *, negative: bool) -> int | float:
        digits = token.text.lstrip("0") or "0"
        if token.text.isdigit() and len(digits) <= _INTEGER_DIGITS:
            whole = -int(digits) if negative else int(digits)
            if -(1 << 63) <= whole < 1 << 63:
                return whole
        value = float(token.text)
        if math.isinf(value):
            label = Label(token.span, "expected less than 1.8e308")
            raise self.error("E110", "number out of range", [label], "no field holds a number this large")
        return -value if negative else value

    def _enter(self) -> None:
        self._level += 1
        if self._level > LEVELS:
            raise self._nested_too_deep(Label(self.token.span, f"expected at most {LEVELS} levels of parentheses"))

    def _bound(self, length: int, operator: Token) -> None:
        """Refuse a run of operators as soon as its tree must be too deep."""
        if length > LEVELS:
            raise self._nested_too_deep(Label(operator.span, "this is one level too many"))

    def _nested_too_deep(self, label: Label) -> ParseError:
        advice = f"an expression has at most {LEVELS} levels; `and`, `or` and lists may be as long as you like"
        return self.error("E111", "nested too deep", [label], advice)

    def _lone_equals(self, operator: Token | None) -> ParseError:
        where = self.token.span if operator is None else operator.span.to(self.token.span)
        return self.error(
            "E112",
            "`=` does not compare",
            [Label(where, "expected `==`")],
            "write `==`, or `:` to ignore case and allow wildcards",
        )

    def _reserved(self) -> ParseError:
        word = self.token.text
        label = Label(self.token.span, "expected a field")
        return self.error(
            "E114",
            f"`{word}` is a reserved word",
            [label],
            f"a field of that name stands in back-quotes: `` `{word}` ``",
        )
