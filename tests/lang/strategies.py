"""Hypothesis strategies for syntax trees that a text can have, and for texts that are nearly EQL."""

from __future__ import annotations

import string
from functools import cache

from hypothesis import strategies as st

from comtrap.lang import ast
from comtrap.lang.parse import LONGEST_MAXSPAN_MS, MOST_EVENTS, UNITS_MS
from comtrap.lang.structure import MOST_RUNS
from comtrap.lang.tokens import KEYWORDS

TOKENS = (
    *sorted(KEYWORDS),
    *'in~ like~ regex~ head tail runs between~ AND ? ?x x x.y `a-b` 1 2.5 30s ms s "a" "a*" \''.split(),  # noqa: SIM905
    *'== != <= >= < > = : , . ( ) [ ] ![ ! | + - * / % ~ ` " \\ // /* */ \n'.split(" "),  # noqa: SIM905
    '"""',
    "process where",
    "sequence by x with maxspan=1m",
    "[any where true]",
)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@cache
def texts(most: int = 12) -> st.SearchStrategy[str]:
    """Characters of all kinds but halves of surrogate pairs, backslashes and quotes often among them."""
    odd = st.sampled_from("\"'\\`?*\n\r\t\b\f\x00\u200f\U0001f600 ")
    return st.text(odd | st.characters(exclude_categories=("Cs",)), max_size=most)


@cache
def plain_names() -> st.SearchStrategy[str]:
    """Names that need no back-quotes."""
    made = st.text(string.ascii_letters + string.digits + "_", max_size=4).map("_{}".format)
    return (
        st.sampled_from(["a", "event", "process", "Name", "@timestamp", "_", "head", "AND", "runs", "s", "x9"]) | made
    )


@cache
def field_names() -> st.SearchStrategy[str]:
    """Dotted names, some with parts or characters that need back-quotes."""
    part = plain_names() | st.sampled_from(["any", "a-b", "1st", "a`b", "in", "a b", "?x"]) | texts(4)
    return st.lists(part, min_size=1, max_size=3).map(".".join).filter(bool)


@cache
def fields() -> st.SearchStrategy[ast.Field]:
    """Fields, optional or not."""
    return st.builds(ast.Field, field_names(), st.booleans())


@cache
def numbers() -> st.SearchStrategy[int | float]:
    """Integers of 64 bits and finite floats, zeros of both signs."""
    return st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False)


@cache
def constants() -> st.SearchStrategy[ast.Literal]:
    """What may be a pattern: a negative number may not, its minus is an operator there."""
    unsigned = numbers().filter(lambda n: not repr(n).startswith("-"))
    return st.builds(ast.Literal, st.none() | st.booleans() | texts() | unsigned)


@cache
def literals() -> st.SearchStrategy[ast.Literal]:
    """Every literal."""
    return constants() | st.builds(ast.Literal, numbers())


@cache
def expressions(leaves: int = 12) -> st.SearchStrategy[ast.Expr]:
    """Expressions of every kind of node."""
    return st.recursive(literals() | fields(), _compound, max_leaves=leaves)


def _compound(inner: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    patterns = st.lists(constants(), min_size=1, max_size=3).map(tuple)
    likes = st.sampled_from([(True, False), (False, False), (True, True), (False, True)])
    return st.one_of(
        st.builds(ast.Not, inner),
        st.builds(ast.Negate, inner),
        st.builds(ast.And, several),
        st.builds(ast.Or, several),
        st.builds(ast.Compare, st.sampled_from(COMPARISONS), inner, inner),
        st.builds(ast.Arithmetic, st.sampled_from("+-*/%"), inner, inner),
        st.builds(lambda value, p, like: ast.Like(value, p, *like), inner, patterns, likes),
        st.builds(ast.In, inner, some, st.booleans(), st.booleans()),
        st.builds(ast.Call, plain_names(), st.lists(inner, max_size=3).map(tuple), st.booleans()),
    )


@cache
def events() -> st.SearchStrategy[ast.EventQuery]:
    """Event queries, of any category or one."""
    return st.builds(ast.EventQuery, st.none() | plain_names() | st.just("any") | texts(), expressions(4))


@cache
def maxspans() -> st.SearchStrategy[int]:
    """Spans in milliseconds, whole units among them."""
    whole = st.builds(int.__mul__, st.integers(1, 100), st.sampled_from(sorted(UNITS_MS.values())))
    return st.integers(1, LONGEST_MAXSPAN_MS) | whole


@st.composite
def stages(draw: st.DrawFn, keys: int, *, plain: bool = False) -> ast.Stage:
    """A stage with so many keys of its own; a plain one is not missing and comes once."""
    by = draw(_keys(keys, keys))
    if plain:
        return ast.Stage(draw(events()), by)
    return ast.Stage(draw(events()), by, draw(st.booleans()), draw(st.just(1) | st.integers(1, MOST_RUNS)))


@cache
def _keys(fewest: int, most: int) -> st.SearchStrategy[tuple[ast.Field, ...]]:
    return st.lists(fields(), min_size=fewest, max_size=most).map(tuple)


@st.composite
def sequences(draw: st.DrawFn) -> ast.Sequence:
    """Sequences that hold together: two stages or more, equal numbers of keys, a maxspan where events are missing."""
    keys = draw(st.integers(0, 2))
    there = draw(stages(keys, plain=True))
    found = draw(st.lists(stages(keys), max_size=2))
    found.insert(draw(st.integers(0, len(found))), there)
    if sum(stage.runs for stage in found) < 2:
        found.append(there)
    until = draw(st.none() | stages(keys, plain=True))
    spans = maxspans() if any(stage.missing for stage in found) else st.none() | maxspans()
    return ast.Sequence(tuple(found), draw(_keys(0, 2)), until, draw(spans))


@st.composite
def samples(draw: st.DrawFn) -> ast.Sample:
    """Samples that hold together: two stages or more, a join key, as many keys each."""
    keys = draw(st.integers(0, 2))
    found = draw(st.lists(stages(keys, plain=True), min_size=2, max_size=3))
    return ast.Sample(tuple(found), draw(_keys(0 if keys else 1, 2)))


@cache
def pipes() -> st.SearchStrategy[ast.Pipe]:
    """``head`` and ``tail`` of some number of events."""
    return st.builds(ast.Pipe, st.sampled_from(["head", "tail"]), st.integers(0, MOST_EVENTS))


@cache
def queries() -> st.SearchStrategy[ast.Query]:
    """Whole queries, as `parse` can give them."""
    piped = st.builds(ast.Query, events() | sequences(), st.lists(pipes(), max_size=2).map(tuple))
    return piped | st.builds(ast.Query, samples())


def token_soups(most: int = 30) -> st.SearchStrategy[str]:
    """Pieces of EQL in any order: most are no query, but many come far."""
    return st.lists(st.sampled_from(TOKENS), max_size=most).map(" ".join)


@st.composite
def damaged(draw: st.DrawFn, texts_: st.SearchStrategy[str]) -> str:
    """A text with a piece cut out and another put in."""
    text = draw(texts_)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 8)))
    return text[:start] + draw(st.just("") | st.sampled_from(TOKENS) | texts(3)) + text[end:]
