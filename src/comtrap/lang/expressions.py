"""Tokens to expressions: one method per grammar line, the line above it.

Source: docs/grammar.ebnf; the EQL grammar of Elasticsearch.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

from comtrap.errors import Span
from comtrap.lang import ast
from comtrap.lang.tokens import Kind, Token, fail, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
MAX_DEPTH = 50  # levels of parentheses, calls and `not` in one another; operators in one chain of arithmetic
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LIKES = {
    ":": (True, False),
    "like": (False, False),
    "like~": (True, False),
    "regex": (False, True),
    "regex~": (True, True),
}


class Expressions:
    """A reader over the tokens of one text that understands expressions."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        """A token further on; the last one for ever after the end."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols or keywords."""
        return self.here.text in texts and self.here.kind in {Kind.SYMBOL, Kind.KEYWORD}

    def accept(self, *texts: str) -> Token | None:
        """Take the next token if it is one of these symbols or keywords."""
        return self.take() if self.sees(*texts) else None

    def take(self) -> Token:
        """Take the next token whatever it is."""
        token = self.here
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def expect(self, text: str, why: str) -> Token:
        """Take this symbol or keyword, or refuse the text."""
        token = self.accept(text)
        return token if token is not None else self.unexpected(f"`{text}`", why)

    def unexpected(self, wanted: str, why: str = "") -> NoReturn:
        """Refuse the next token."""
        if self.sees("=") and "comparison" in why:
            self.fail("E112", "`=` does not compare", self.here.span, "equality is written `==`")
        self.fail("E111", f"found {self.here.shown} where {wanted} was expected", self.here.span, why or None)

    def fail(self, code: str, title: str, span: Span, help_: str | None = None) -> NoReturn:
        """Refuse the text."""
        fail(self.text, code, title, span, help_)

    def since(self, start: Token) -> Span:
        """From a token up to the last one taken."""
        return Span(start.span.start, self.tokens[max(self.at - 1, 0)].span.end)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further in; refuses what is nested too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail("E113", "nested too deep", self.here.span, f"at most {MAX_DEPTH} levels are read")
        yield
        self.depth -= 1

    # expression := and ("or" and)*
    def expression(self) -> ast.Expr:
        """An expression."""
        start = self.here
        with self.deeper():
            operands = [self.conjunction()]
            while self.accept("or"):
                operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else ast.Or(tuple(operands), span=self.since(start))

    # and := not ("and" not)*
    def conjunction(self) -> ast.Expr:
        """What `or` joins."""
        start = self.here
        operands = [self.negation()]
        while self.accept("and"):
            operands.append(self.negation())
        return operands[0] if len(operands) == 1 else ast.And(tuple(operands), span=self.since(start))

    # not := "not" not | comparison
    def negation(self) -> ast.Expr:
        """What `and` joins."""
        start = self.here
        if self.accept("not") is None:
            return self.comparison()
        with self.deeper():
            return ast.Not(self.negation(), span=self.since(start))

    # comparison := sum (("==" | "!=" | "<" | "<=" | ">" | ">=") sum)?
    def comparison(self) -> ast.Expr:
        """At most one comparison."""
        start = self.here
        left = self.sum()
        operator = self.accept(*COMPARISONS)
        if operator is None:
            return left
        found = ast.Compare(operator.text, left, self.sum(), span=self.since(start))
        if self.sees(*COMPARISONS):
            self.fail("E114", "a comparison of a comparison", self.here.span, "write `a < b and b < c`")
        return found

    # sum := product (("+" | "-") product)*
    def sum(self) -> ast.Expr:
        """Terms added and subtracted, from the left."""
        return self.chain(self.product, "+", "-")

    # product := unary (("*" | "/" | "%") unary)*
    def product(self) -> ast.Expr:
        """Factors, from the left."""
        return self.chain(self.unary, "*", "/", "%")

    def chain(self, operand: Callable[[], ast.Expr], *operators: str) -> ast.Expr:
        """Operators of one rank, from the left."""
        start = self.here
        found = operand()
        length = 0
        while (operator := self.accept(*operators)) is not None:
            length += 1
            if length > MAX_DEPTH:
                self.fail("E113", "too many operators in a row", operator.span, f"at most {MAX_DEPTH} are read")
            found = ast.Arithmetic(operator.text, found, operand(), span=self.since(start))
        return found

    # unary := ("-" | "+") unary | predicate
    def unary(self) -> ast.Expr:
        """A sign, or none."""
        start = self.here
        sign = self.accept("-", "+")
        if sign is None:
            return self.predicate()
        if sign.text == "-" and self.here.kind in {Kind.INTEGER, Kind.DECIMAL}:
            return ast.Literal(_negative(self.take()), span=self.since(start))
        with self.deeper():
            operand = self.unary()
        return operand if sign.text == "+" else ast.Negate(operand, span=self.since(start))

    # predicate := primary ("not"? ("in" | "in~") "(" expression ("," expression)* ")" | like constants)?
    def predicate(self) -> ast.Expr:
        """What stands before and after `in`, `:`, `like` and `regex`."""
        start = self.here
        value = self.primary()
        negated = self.sees("not") and self.peek().text in {"in", "in~"}
        if negated:
            self.take()
        word = self.accept("in", "in~")
        if word is not None:
            options = self.listed(self.expression, "`in` takes a list of constants: x in (1, 2)")
            return ast.In(value, options, word.text == "in~", negated, span=self.since(start))
        like = self.accept(*LIKES)
        if like is None:
            return value
        ignore_case, regex = LIKES[like.text]
        patterns = self.listed(self.constant, "patterns are strings") if self.sees("(") else (self.constant(),)
        return ast.Like(value, patterns, ignore_case, regex, like.text == ":", span=self.since(start))

    # list := "(" item ("," item)* ")"
    def listed(self, item: Callable[[], T], why: str) -> tuple[T, ...]:
        """One item or more in parentheses."""
        self.expect("(", why)
        items = [item()]
        while self.accept(","):
            items.append(item())
        self.expect(")", why)
        return tuple(items)

    # constant := NUMBER | STRING | RAW_STRING | "true" | "false" | "null"
    def constant(self) -> ast.Literal:
        """A literal."""
        token = self.here
        if token.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.STRING}:
            return ast.Literal(self.take().value, span=token.span)
        if self.accept("true", "false"):
            return ast.Literal(token.text == "true", span=token.span)
        if self.accept("null"):
            return ast.Literal(None, span=token.span)
        self.unexpected("a constant", "on the right of `:`, `like` and `regex` stand strings, alone or in parentheses")

    # primary := constant | IDENT "~"? "(" (expression ("," expression)*)? ")" | field | "(" expression ")"
    def primary(self) -> ast.Expr:
        """The smallest expression."""
        token = self.here
        if self.accept("("):
            inner = self.expression()
            self.expect(")", "close the parenthesis")
            return inner
        if token.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.STRING} or self.sees("true", "false", "null"):
            return self.constant()
        if token.kind is Kind.IDENTIFIER and (
            self.peek().text == "(" or (self.peek().text == "~" and self.peek(2).text == "(")
        ):
            return self.call()
        if token.kind is Kind.IDENTIFIER and self.peek().text == "of":
            self.fail(
                "E115",
                "process relationships are not supported",
                self.since(token),
                "join the two events in a sequence instead",
            )
        if token.kind in {Kind.IDENTIFIER, Kind.QUOTED} or self.sees("?"):
            return self.field()
        self.unexpected("an expression", "a comparison, a function call, a field or a constant")

    # call := IDENT "~"? "(" (expression ("," expression)*)? ")"
    def call(self) -> ast.Expr:
        """A function call."""
        name = self.take()
        ignore_case = self.accept("~") is not None
        arguments: list[ast.Expr] = []
        self.expect("(", "")
        while not self.sees(")"):
            arguments.append(self.expression())
            if self.accept(",") is None:
                break
        self.expect(")", f"close the arguments of {name.text}")
        return ast.Call(name.text, tuple(arguments), ignore_case, span=self.since(name))

    # field := "?"? name ("." name)*
    def field(self) -> ast.Field:
        """A field's dotted name."""
        start = self.here
        optional = self.accept("?") is not None
        names = [self.name(first=True)]
        while self.accept("."):
            names.append(self.name(first=False))
        if self.sees("[") and self.peek().kind is Kind.INTEGER:
            self.fail(
                "E116",
                "array indexes are not supported",
                self.here.span,
                "a condition on a field with several values holds if it holds for any of them",
            )
        return ast.Field(".".join(names), optional, span=self.since(start))

    # name := IDENT | QUOTED
    def name(self, *, first: bool) -> str:
        """One part of a dotted name; keywords may stand after a dot."""
        if self.here.kind in {Kind.IDENTIFIER, Kind.QUOTED} or (not first and self.here.kind is Kind.KEYWORD):
            return self.take().text
        self.unexpected("a field's name", "a name that is a keyword or has other characters is written in back-quotes")


def _negative(token: Token) -> int | float:
    value = token.value
    assert isinstance(value, int | float)
    if isinstance(value, float) and token.text == str(1 << 63):
        return -(1 << 63)
    return -value
