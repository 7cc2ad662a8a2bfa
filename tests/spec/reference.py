"""EQL evaluated the plain way: one document at a time, straight from the rules, with nothing shared.

It reads the AST and nothing else of comtrap: no check, no plan, no columns. Slow and simple, so that a difference between
it and the engine is worth a look. It refuses nothing but unknown fields: what a right query gives is all it knows.
Left out: the operators of Lucene's regular expressions that the engine refuses (``~ &``).
"""

from __future__ import annotations

import itertools
import operator
import re
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any

from tests.spec.documents import (
    Address,
    Caseless,
    Data,
    Document,
    Instant,
    Span,
    Version,
    address,
    date_span,
    network,
    text,
)

from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

UNDECIDED = object()  # a condition that depends on the document
BOOLEAN_FUNCTIONS = {"cidrmatch", "endswith", "startswith", "stringcontains"}


class UnknownFieldError(Exception):
    """A field that is neither mapped nor optional."""


class FailedError(Exception):
    """A condition that fails on a document: ``number("x")``, ``1 / 0``."""


# --- expressions ------------------------------------------------------------------------------------------------------


def fields(expr: Any) -> Iterator[ast.Field]:
    """The fields an expression names."""
    if isinstance(expr, ast.Field):
        yield expr
    elif isinstance(expr, tuple):
        yield from itertools.chain.from_iterable(map(fields, expr))
    elif isinstance(expr, ast.Node):
        yield from itertools.chain.from_iterable(fields(getattr(expr, part.name)) for part in dataclass_fields(expr))


def plain(expr: ast.Expr) -> ast.Expr:
    """Without the sugar: ``!=`` and ``not in``."""
    match expr:
        case ast.Compare(op="!="):
            return ast.Not(ast.Compare("==", expr.left, expr.right))
        case ast.In(negated=True):
            return ast.Not(ast.In(expr.value, expr.options, expr.ignore_case, negated=False))
    return expr


class Condition:
    """A condition on documents: two-valued above its leaves, three-valued in them."""

    def __init__(self, expr: ast.Expr, data: Data) -> None:
        self.expr, self.data = expr, data
        for found in fields(expr):
            if data.name(found.name) is None and not found.optional:
                raise UnknownFieldError(found.name)

    def holds(self, document: Document) -> bool:
        return self.above(self.expr, document)

    def mapped(self, expr: ast.Expr) -> list[str]:
        names = (self.data.name(found.name) for found in fields(expr))
        return sorted({name for name in names if name is not None})

    def plain(self, expr: ast.Expr) -> ast.Expr:
        """Without the sugar; nor comparisons of boolean functions on fields with true and false."""
        match expr := plain(expr):
            case ast.Compare(op="==", left=ast.Call() as call, right=ast.Literal(value=bool() as wanted)) if (
                call.name.lower() in BOOLEAN_FUNCTIONS and self.mapped(call)
            ):
                return call if wanted else ast.Not(call)
        return expr

    def settled(self, expr: ast.Expr) -> Any:
        """True, False or None where no document can change it, as fields that are not mapped are the literal null."""
        expr = self.plain(expr)
        match expr:
            case ast.Not():
                inner = self.settled(expr.operand)
                return inner if inner is None or inner is UNDECIDED else not inner
            case ast.And():
                parts = [self.settled(operand) for operand in expr.operands]
                if any(part is False for part in parts):
                    return False
                if any(part is None for part in parts):
                    return None
                return UNDECIDED if UNDECIDED in parts else True
            case ast.Or():
                parts = [self.settled(operand) for operand in expr.operands]
                if any(part is True for part in parts):
                    return True
                if UNDECIDED in parts:
                    return UNDECIDED
                return None if None in parts else False
        if self.mapped(expr):
            return None if self.surely_null(expr) else UNDECIDED
        return value(expr, {})

    def surely_null(self, expr: ast.Expr) -> bool:
        """Whether null stands where it makes the expression null, whatever the document."""
        match expr:
            case ast.Compare(op="==" | "!=") if self.nothing(expr.left) or self.nothing(expr.right):
                return False  # asks for null
            case ast.Compare() | ast.Arithmetic():
                parts: tuple[ast.Expr, ...] = (expr.left, expr.right)
            case ast.Like() | ast.In():
                parts = (expr.value,)
            case ast.Negate():
                parts = (expr.operand,)
            case ast.Call():
                parts = expr.arguments[: FUNCTIONS[expr.name.lower()][1]]
            case _:
                return not self.mapped(expr) and value(expr, {}) is None
        return any(self.surely_null(part) for part in parts)

    def nothing(self, expr: ast.Expr) -> bool:
        return nothing(expr, [found.name for found in fields(expr) if self.data.name(found.name) is not None])

    def above(self, expr: ast.Expr, document: Document) -> bool:
        settled = self.settled(expr)
        if settled is not UNDECIDED:
            return settled is True
        expr = self.plain(expr)
        match expr:
            case ast.Not():
                return not self.above(expr.operand, document)
            case ast.And():
                return all(self.above(operand, document) for operand in expr.operands)
            case ast.Or():
                return any(self.above(operand, document) for operand in expr.operands)
        names = self.mapped(expr)
        choices = [document.values.get(name) or [None] for name in names]
        aliases = {found.name: self.data.name(found.name) for found in fields(expr)}
        for choice in itertools.product(*choices):
            given = dict(zip(names, choice, strict=True))
            row = {name: given[target] for name, target in aliases.items() if target is not None}
            if value(expr, row) is True:
                return True
        return False


def value(expr: ast.Expr, row: Mapping[str, Any]) -> Any:
    """The value of an expression, given one value a field; three-valued. A field that is not in `row` is null."""
    expr = plain(expr)
    match expr:
        case ast.Literal():
            return expr.value
        case ast.Field():
            return row.get(expr.name)
        case ast.Not() | ast.Negate():
            inner = value(expr.operand, row)
            return None if inner is None else not inner if isinstance(expr, ast.Not) else -inner
        case ast.And() | ast.Or():
            parts = [value(operand, row) for operand in expr.operands]
            wins = isinstance(expr, ast.Or)
            return wins if wins in parts else None if None in parts else not wins
        case ast.Arithmetic():
            return arithmetic(expr.op, value(expr.left, row), value(expr.right, row))
        case ast.Compare():
            return compared(expr, row)
        case ast.In():
            return contained(expr, row)
        case ast.Like():
            return liked(expr, value(expr.value, row))
        case ast.Call():
            return call(expr.name.lower(), [value(a, row) for a in expr.arguments], fold=expr.ignore_case)


def compared(expr: ast.Compare, row: Mapping[str, Any]) -> bool | None:
    left, right, op = value(expr.left, row), value(expr.right, row), expr.op
    if constant(expr.left, row) and not constant(expr.right, row):
        left, right, op = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
    if op == "==" and (nothing(expr.left, row) or nothing(expr.right, row)):
        return left is None and right is None  # the question is whether there is a value
    if left is None or right is None:
        return None
    span = alike(left, right)
    low, high = (span.low, span.high) if isinstance(span, Span) else (span, span)
    left = left.encode() if isinstance(left, str) else left
    low, high = (end.encode() if isinstance(end, str) else end for end in (low, high))
    return {
        "==": low <= left <= high, "<": left < low, "<=": left <= high, ">": left > high, ">=": left >= low,
    }[op]  # fmt: skip


def constant(expr: ast.Expr, row: Mapping[str, Any]) -> bool:
    return not any(found.name in row for found in fields(expr))


def nothing(expr: ast.Expr, row: Collection[str]) -> bool:
    """Whether it is the literal null, as a field is that is not mapped."""
    return expr == ast.Literal(None) or (isinstance(expr, ast.Field) and expr.name not in row)


def alike(left: Any, literal: Any) -> Any:
    """A literal as a value, or span of values, of the kind of `left`."""
    match left, literal:
        case Instant(), str():
            return date_span(literal)
        case Instant(), int():
            return Instant(literal * 10**6)
        case Address(), str():
            return network(literal) if "/" in literal else address(literal)
        case Version(), str():
            return Version(literal)
        case Version(), int() | float():
            return Version(text(literal))
        case bool(), str():
            return literal == "true"
        case Caseless(), str():
            return literal.lower()
        case str(), int() | float():
            return text(literal)
        case int() | float(), str():
            return float(literal)
    return literal


def contained(expr: ast.In, row: Mapping[str, Any]) -> bool | None:
    left, options = value(expr.value, row), [value(option, row) for option in expr.options]
    if left is None:
        return None
    for option in options:
        if option is None:
            continue
        right = alike(left, option)
        if isinstance(right, Span):
            if right.low <= left <= right.high:
                return True
        elif expr.ignore_case and isinstance(left, str):
            if left.lower() == right.lower():
                return True
        elif left == right:
            return True
    return False


def liked(expr: ast.Like, left: str | None) -> bool | None:
    if left is None:
        return None
    fold = expr.ignore_case or isinstance(left, Caseless)
    for pattern in expr.patterns:
        assert isinstance(pattern.value, str)
        wanted = lucene(pattern.value, fold=fold) if expr.regex else wildcards(pattern.value)
        if fold and not expr.regex:
            wanted = wanted.lower()
        if re.fullmatch(wanted, left.lower() if fold else left, re.DOTALL):
            return True
    return False


def wildcards(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)


_CLASSES = {r"\w": "[A-Za-z0-9_]", r"\d": "[0-9]", r"\s": r"[ \t\n\r]"}  # ASCII in Lucene, all of Unicode in Python
_CLASSES |= {r"\W": "[^A-Za-z0-9_]", r"\D": "[^0-9]", r"\S": r"[^ \t\n\r]", "@": ".*", "#": "(?!)"}
_LUCENE = re.compile(r'\\.|"[^"]*"|<\d+-\d+>|\[\^?\]?[^]]*\]|.', re.DOTALL)


def lucene(pattern: str, *, fold: bool) -> str:
    """A regular expression as Python writes it: no anchors, and in quotes everything is itself; letters lowered."""

    def part(found: re.Match[str]) -> str:
        token = found[0].lower() if fold and found[0][0] != "\\" else found[0]
        if token in _CLASSES:
            return _CLASSES[token]
        if token[0] == "<" and token != "<":
            low, high = map(int, token[1:-1].split("-"))
            return f"(?:0*(?:{'|'.join(map(str, range(low, high + 1)))}))"
        return re.escape(token.strip('"')) if token[0] == '"' else "\\" + token if token in "^$" else token

    return _LUCENE.sub(part, pattern)


# --- functions --------------------------------------------------------------------------------------------------------


def arithmetic(op: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    whole = isinstance(left, int) and isinstance(right, int)
    if op in "/%" and right == 0:
        if whole:
            raise FailedError("division by zero")
        return float("nan") if op == "%" or left == 0 else float("inf") * left
    if op == "/" and whole:
        found = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    elif op == "%":
        rest = abs(left) % abs(right)
        found = -rest if left < 0 else rest
    else:
        found = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[op](left, right)
    if whole and not -(2**63) <= found < 2**63:
        raise FailedError("beyond 64 bits")
    return found


def between(s: str, left: str, right: str, greedy: bool | None = False, *, fold: bool) -> str:
    if "" in (s, left, right):
        return s
    seen, left, right = (t.lower() if fold else t for t in (s, left, right))
    begin = seen.find(left)
    if begin < 0:
        return ""
    begin += len(left)
    end = seen.rfind(right, begin) if greedy else seen.find(right, begin)
    return "" if end < 0 else s[begin:end]


def index_of(s: str, t: str, start: int | None = 0, *, fold: bool) -> int | None:
    s, t = (s.lower(), t.lower()) if fold else (s, t)
    found = s.find(t, min(max(0, start or 0), len(s)))
    return None if found < 0 else found


def number(s: str, base: int | None = None) -> int | float:
    s = s.strip()
    if base is None:
        base = 16 if s.lower().startswith("0x") else 10
    try:
        if base != 10:
            return int(s, base)
        return int(s) if re.fullmatch(r"[+-]?\d+", s) else float(s)
    except ValueError as error:
        raise FailedError(f"no number: {s}") from error


def substring(s: str, start: int | None, end: int | None = None) -> str:
    return s if start is None else s[start:end]


def cidr_match(ip: Any, *cidrs: str) -> bool:
    at = address(ip) if isinstance(ip, str) else ip
    return any(network(c).low <= at <= network(c).high for c in cidrs)


def folded(test: Callable[[str, str], bool]) -> Callable[..., bool]:
    return lambda s, t, *, fold: test(s.lower(), t.lower()) if fold else test(s, t)


# name: (function, how many leading arguments a null in makes the result null)
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "add": (lambda a, b: arithmetic("+", a, b), 2),
    "subtract": (lambda a, b: arithmetic("-", a, b), 2),
    "multiply": (lambda a, b: arithmetic("*", a, b), 2),
    "divide": (lambda a, b: arithmetic("/", a, b), 2),
    "modulo": (lambda a, b: arithmetic("%", a, b), 2),
    "between": (between, 4),
    "cidrmatch": (cidr_match, 99),
    "concat": (lambda *parts: "".join(map(text, parts)), 99),
    "endswith": (folded(str.endswith), 2),
    "indexof": (index_of, 2),
    "length": (lambda s: len(s.encode("utf-16-le")) // 2, 1),
    "number": (number, 1),
    "startswith": (folded(str.startswith), 2),
    "string": (text, 1),
    "stringcontains": (folded(lambda s, t: s != "" and t != "" and t in s), 2),
    "substring": (substring, 1),
}
FOLDING = {"between", "endswith", "indexof", "startswith", "stringcontains"}


def call(name: str, arguments: list[Any], *, fold: bool) -> Any:
    function, strict = FUNCTIONS[name]
    if any(argument is None for argument in arguments[:strict]):
        return None
    return function(*arguments, fold=fold) if name in FOLDING else function(*arguments)


# --- queries ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """What comes with a query, as Elasticsearch names it."""

    size: int = 10
    result_position: str = "tail"
    max_samples_per_key: int = 1
    timestamp_field: str = "@timestamp"
    tiebreaker_field: str | None = None
    event_category_field: str = "event.category"


@dataclass(frozen=True)
class Answer:
    """One event, sequence or sample: its join keys as text, and its documents, None for a missing event."""

    keys: tuple[str | None, ...]
    documents: tuple[Document | None, ...]


class Run:
    """One query over one data set."""

    def __init__(self, query: ast.Query, data: Data, request: Request) -> None:
        self.query, self.data, self.request = query, data, request
        self.ordinals = {id(d): self.ordinal(d) for d in data.documents if d.values.get(request.timestamp_field)}

    def ordinal(self, document: Document) -> tuple[Any, ...]:
        tie = document.values.get(self.request.tiebreaker_field or "") or [None]
        time = document.values[self.request.timestamp_field][0].ns
        return time, tie[0] is None, tie[0] or 0, self.data.documents.index(document)

    def answers(self) -> list[Answer]:
        body = self.query.body
        if isinstance(body, ast.Sample):
            return self.samples(body)
        in_order = sorted(
            (d for d in self.data.documents if id(d) in self.ordinals), key=lambda d: self.ordinals[id(d)]
        )
        if isinstance(body, ast.EventQuery):
            found = [Answer((), (d,)) for d in in_order if self.matches(body)(d)]
        else:
            found = self.sequences(body, in_order)
        return self.cut(found)

    def cut(self, found: list[Answer]) -> list[Answer]:
        first = self.query.pipes[0].name if self.query.pipes else self.request.result_position
        for name, count in [(first, self.request.size), *((pipe.name, pipe.count) for pipe in self.query.pipes)]:
            found = found[:count] if name == "head" else found[max(0, len(found) - count) :]
        return found

    def matches(self, query: ast.EventQuery) -> Callable[[Document], bool]:
        condition = Condition(query.condition, self.data)
        field = self.data.name(self.request.event_category_field)
        if query.category is None:
            return condition.holds
        if field is None:
            raise UnknownFieldError(self.request.event_category_field)
        return lambda d: query.category in d.values.get(field, []) and condition.holds(d)

    def keys(self, document: Document, by: tuple[ast.Field, ...]) -> set[tuple[Any, ...]]:
        """The key tuples of a document: every combination of values; none if a mandatory field has no value."""
        choices: list[list[Any]] = []
        for key in by:
            name = self.data.name(key.name)
            if name is None and not key.optional:
                raise UnknownFieldError(key.name)
            found = document.values.get(name or "", [])
            choices.append(found or ([None] if key.optional else []))
        return set(itertools.product(*choices))

    # a sequence

    def sequences(self, body: ast.Sequence, in_order: list[Document]) -> list[Answer]:
        stages = [stage for stage in body.stages for _ in range(stage.runs)]
        positive = [stage for stage in stages if not stage.missing]
        # For every stage, the documents in order with their keys.
        hits = [[(d, self.keys(d, body.by + s.by)) for d in in_order if self.matches(s.query)(d)] for s in stages]
        until = []
        if body.until is not None:
            test = self.matches(body.until.query)
            until = [(d, self.keys(d, body.by + body.until.by)) for d in in_order if test(d)]
        positive_hits = [found for found, stage in zip(hits, stages, strict=True) if not stage.missing]
        every = {key for found in positive_hits[0] for key in found[1]}
        answers = []
        for key in every:
            own = [[d for d, keys in found if key in keys] for found in hits]
            chains = self.chains(
                [[d for d, keys in found if key in keys] for found in positive_hits],
                [d for d, keys in until if key in keys],
                body.maxspan_ms,
            )
            if len(positive) < len(stages):
                chains = [c for c in chains if self.nothing_missing(c, stages, own, body.maxspan_ms or 0)]
            for chain in chains:
                given = iter(chain)
                placed = tuple(None if stage.missing else next(given) for stage in stages)
                rank = self.ordinals[id(chain[-1])]
                answers.append((rank, [(k is not None, text(k) if k is not None else "") for k in key], key, placed))
        answers.sort(key=lambda a: a[:2])
        return [Answer(tuple(None if k is None else text(k) for k in key), placed) for *_, key, placed in answers]

    def chains(
        self, stages: list[list[Document]], until: list[Document], maxspan_ms: int | None
    ) -> list[list[Document]]:
        """The state machine of one key, event by event, last stage first."""
        last, pending, done = len(stages) - 1, {}, []
        ended: tuple[Any, ...] | None = None
        involved = {id(d): d for found in (*stages, until) for d in found}
        for event in sorted(involved.values(), key=lambda d: self.ordinals[id(d)]):
            now = self.ordinals[id(event)]
            for stage in range(last, -1, -1):
                if not any(event is d for d in stages[stage]):
                    continue
                chain: list[Document] | None = [] if stage == 0 else pending.pop(stage - 1, None)
                if chain is None:
                    continue
                if chain:
                    late = maxspan_ms is not None and now[0] - self.ordinals[id(chain[0])][0] > maxspan_ms * 10**6
                    if late or (ended is not None and self.ordinals[id(chain[-1])] <= ended < now):
                        continue
                if stage == last:
                    done.append([*chain, event])
                else:
                    pending[stage] = [*chain, event]
            if any(event is d for d in until):
                ended = now
        return done

    def ms(self, document: Document) -> int:
        return int(self.ordinals[id(document)][0] // 10**6)

    def nothing_missing(
        self, chain: list[Document], stages: list[ast.Stage], hits: list[list[Document]], maxspan_ms: int
    ) -> bool:
        times = [self.ms(d) for d in chain]
        done, before, after = 0, [], []
        for stage, found in zip(stages, hits, strict=True):
            if not stage.missing:
                done += 1
            elif done == 0:
                before += [self.ms(d) for d in found if self.ms(d) < times[0]]
            elif done == len(chain):
                after += [self.ms(d) for d in found if self.ms(d) > times[-1]]
            elif any(times[done - 1] < self.ms(d) < times[done] for d in found):
                return False
        leads, trails = stages[0].missing, stages[-1].missing
        if (leads and not before) or (trails and not after) or not (leads or trails):
            return True
        left = max(before) if leads else times[0]
        right = min(after) if trails else times[-1]
        return right - left > maxspan_ms

    # a sample

    def samples(self, body: ast.Sample) -> list[Answer]:
        most = self.request.max_samples_per_key
        hits = [
            [(d, self.keys(d, body.by + s.by)) for d in self.data.documents if self.matches(s.query)(d)]
            for s in body.stages
        ]
        common = set.intersection(*({key for _, keys in found for key in keys} for found in hits))
        answers: list[Answer] = []
        for key in sorted(common, key=lambda key: [(k is not None, 0 if k is None else k) for k in key]):
            own = [[d for d, keys in found if key in keys][: len(hits) + most - 1] for found in hits]
            distinct = (c for c in itertools.product(*own) if len({id(d) for d in c}) == len(c))
            shown = tuple(self.sample_key(k) for k in key)
            answers += [Answer(shown, choice) for choice in itertools.islice(distinct, most)]
        return answers[: self.request.size]

    def sample_key(self, key: Any) -> str | None:
        if isinstance(key, Instant):
            return str(key.ns // 10**6)
        return None if key is None else text(key)


def answers(query: ast.Query, data: Data, request: Request) -> list[Answer]:
    """What a query gives."""
    return Run(query, data, request).answers()


def constant_value(expr: ast.Expr) -> Any:
    """The value of an expression without fields."""
    return value(expr, {})
