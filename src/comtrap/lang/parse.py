"""Text to syntax tree: one method per line of the grammar, the line above it.

Source: docs/grammar.ebnf; the EQL syntax reference of Elasticsearch, and what it refuses before it looks at fields.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, TypeVar

from comtrap.errors import Diagnostic, Label, ParseError
from comtrap.lang import ast
from comtrap.lang.cursor import LEVELS, shown
from comtrap.lang.expressions import COMPARISONS, LIKES, Expressions
from comtrap.lang.structure import MOST_RUNS, structural_problems
from comtrap.lang.tokens import Kind, Token, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_MAXSPAN_MS = (1 << 63) // 1_000_000  # times are nanoseconds in 64 bits
MOST_EVENTS = (1 << 31) - 1  # of a pipe
PIPES = ("head", "tail")
OTHER_PIPES = frozenset({"count", "filter", "sort", "unique", "unique_count"})  # of the Endgame dialect
_UNIT_WORDS = {
    "ms": ("millis", "millisecond", "milliseconds", "msec"),
    "s": ("sec", "secs", "second", "seconds", "S"),
    "m": ("min", "mins", "minute", "minutes", "M"),
    "h": ("hr", "hrs", "hour", "hours", "H"),
    "d": ("day", "days", "D"),
}
_CONTINUES_A_CONDITION = frozenset({*COMPARISONS, *LIKES, ".", "=", "(", "in", "in~", "not", "and", "or"})
_STAGE = "a stage is written `[category where condition]`"
_Node = TypeVar("_Node")


def parse(text: str) -> ast.Query:
    """The tree of a query.

    Raises:
        ParseError: the text is not EQL; with everything that can be said about it.
    """
    return _parse(text, Queries.statement)


def parse_expression(text: str) -> ast.Expr:
    """The tree of a bare expression, such as ``process.pid + 1``.

    Raises:
        ParseError: the text is not an expression.
    """
    return _parse(text, Queries.lone_expression)


def _parse(text: str, line: Callable[[Queries], _Node]) -> _Node:
    queries = Queries(text)
    try:
        found = line(queries)
    except RecursionError:  # LEVELS keeps us far from it, unless the caller itself stands near the end of the stack
        label = Label(queries.token.span, "expected fewer levels here")
        advice = (
            f"an expression has at most {LEVELS} levels, fewer if the program that reads it is deep in calls itself"
        )
        raise ParseError((Diagnostic("E111", "nested too deep", (label,), advice),), text) from None
    queries.finish()
    return found


class Queries(Expressions):
    """Reads whole queries."""

    # statement := query ("|" pipe)*
    def statement(self) -> ast.Query:
        """A whole text."""
        start = self.token.start
        if self.token.kind is Kind.END:
            advice = 'write an event query, such as `process where process.name : "mmc.exe"`'
            raise self.error("E120", "the query is empty", [Label(self.token.span, "expected a query")], advice)
        body = self.query()
        pipes = []
        while bar := self.accept("|"):
            if isinstance(body, ast.Sample):
                self.report(
                    "E160",
                    "a sample takes no pipes",
                    [Label(bar.span, "expected the end of the query")],
                    "remove the pipe",
                )
            pipes.append(self.pipe())
        self.end("an operator, `|` or the end of the query")
        self.problems += structural_problems(body)  # only now: a text cut short has too few stages for another reason
        return ast.Query(body, tuple(pipes), span=self.since(start))

    def lone_expression(self) -> ast.Expr:
        """An expression and nothing else."""
        if self.token.kind is Kind.END:
            raise self.error("E120", "the expression is empty", [Label(self.token.span, "expected an expression")])
        found = self.condition()
        self.end("an operator or the end of the expression")
        return found

    # query := sequence | sample | event
    def query(self) -> ast.EventQuery | ast.Sequence | ast.Sample:
        """A query without its pipes."""
        match self.token.text:
            case "sequence":
                return self.sequence()
            case "sample":
                return self.sample()
            case "join":
                label = Label(self.token.span, "expected `sequence`, `sample` or an event category")
                advice = "use `sequence` for events in order, `sample` for events in any order"
                raise self.error("E123", "`join` is not supported", [label], advice)
            case _:
                return self.event()

    # event := category "where" expression
    def event(self) -> ast.EventQuery:
        """A category and a condition."""
        start = self.token.start
        category = self.category()
        if self.token.text != "where":
            raise self._no_where(category)
        self.take()
        return ast.EventQuery(category, self.condition(), span=self.since(start))

    # category := "any" | NAME | STRING
    def category(self) -> str | None:
        """The category, or None for ``any``."""
        token = self.token
        if self.accept("any"):
            return None
        if token.kind in {Kind.NAME, Kind.STRING}:
            return self.take().value
        if token.kind in {Kind.WRONG, Kind.END}:
            raise self.unexpected("an event category")
        label = Label(token.span, "expected `any`, a name or a text in double quotes")
        advice = "a query begins with an event category such as `process`, with `any`, `sequence` or `sample`; other categories than names stand in double quotes"
        raise self.error("E121", f"{shown(token)} is not an event category", [label], advice)

    # sequence := "sequence" by maxspan stages ("until" stage)?
    def sequence(self) -> ast.Sequence:
        """Events in order."""
        start = self.take()
        by = self.by()
        maxspan_ms = self.maxspan()
        if self.token.text == "by":
            label = Label(self.token.span, "expected before `with`")
            raise self.error(
                "E140", "`by` stands before `with`, not after it", [label], "write `sequence by … with maxspan=…`"
            )
        stages = self.stages()
        until = None
        if self.accept("until"):
            # Elasticsearch reads a "!" and runs here, and means nothing by them.
            closing = self.stage()
            until = ast.Stage(closing.query, closing.by, span=closing.span)
            if self.token.text in {"[", "![", "until"}:
                label = Label(self.token.span, "expected `|` or the end of the query")
                raise self.error(
                    "E150", "`until` comes once, and last", [label], "move the `until` behind the last stage"
                )
        return ast.Sequence(stages, by, until, maxspan_ms, span=self.since(start.start))

    # by := ("by" field ("," field)*)?
    def by(self) -> tuple[ast.Field, ...]:
        """The fields after ``by``, none without it."""
        if not self.accept("by"):
            return ()
        fields = [self.field()]
        while self.accept(","):
            fields.append(self.field())
        return tuple(fields)

    # maxspan := ("with" "maxspan" "=" NUMBER UNIT)?
    def maxspan(self) -> int | None:
        """The span in milliseconds."""
        if not self.accept("with"):
            return None
        self.expect("maxspan", "write `with maxspan=30s` before the stages")
        self.expect("=", "write `with maxspan=30s`")
        if self.token.text == "-" and self.ahead.kind is Kind.NUMBER:
            self.take()
            raise self._maxspan_out_of_range(self.token)
        if self.token.kind is not Kind.NUMBER:
            raise self.unexpected("a whole number and a unit, such as `30s`")
        number = self.take()
        unit = self._unit(number)
        if not number.text.isdigit():
            label = Label(number.span, "expected a whole number")
            advice = "use a smaller unit: `90s` rather than `1.5m`"
            self.report("E142", f"`{shortened(number.text)}` is not a whole number", [label], advice)
            return 1
        span_ms = int(number.text[-30:] if len(number.text) > 30 else number.text) * UNITS_MS[unit]
        if len(number.text) > 30 or not 0 < span_ms <= LONGEST_MAXSPAN_MS:
            raise self._maxspan_out_of_range(number)
        return span_ms

    # stages := stage+
    def stages(self) -> tuple[ast.Stage, ...]:
        """One stage or more."""
        stages = [self.stage()]
        while self.token.text in {"[", "!["}:
            stages.append(self.stage())
        return tuple(stages)

    # stage := ("[" | "![") event "]" by runs
    def stage(self) -> ast.Stage:
        """One bracket of a sequence, with what follows it."""
        opened = self.accept("[", "![")
        if opened is None:
            raise self.unexpected("`[`", _STAGE)
        query = self.event()
        self.close(opened, "]")
        by = self.by()
        runs = self.runs()
        if runs is not None and self.token.text == "by":
            label = Label(self.token.span, "expected before `with`")
            raise self.error("E140", "`by` stands before `with`, not after it", [label], "write `[…] by … with runs=…`")
        return ast.Stage(query, by, opened.text == "![", 1 if runs is None else runs, span=self.since(opened.start))

    # runs := ("with" "runs" "=" NUMBER)?
    def runs(self) -> int | None:
        """How many times the stage must occur, None if it does not say."""
        if not self.accept("with"):
            return None
        advice = "after a stage stands `with runs=…`; `with maxspan=…` stands before the first stage"
        self.expect("runs", advice)
        self.expect("=", "write `with runs=3`")
        sign = self.accept("-")
        if self.token.kind is not Kind.NUMBER:
            raise self.unexpected("a whole number")
        number = self.take()
        digits = number.text.lstrip("0")
        if sign is None and digits.isdigit() and len(digits) <= 3 and int(digits) <= MOST_RUNS:
            return int(digits)
        label = Label(self.since((sign or number).start), f"expected a whole number from 1 to {MOST_RUNS}")
        self.report("E149", "runs out of range", [label], "runs says how many times the stage must occur")
        return 1

    # sample := "sample" by ("[" event "]" by)+
    def sample(self) -> ast.Sample:
        """Events in any order."""
        start = self.take()
        by = self.by()
        self._refuse_in_sample("with", "until")
        stages: list[ast.Stage] = []
        while self.token.text in {"[", "!["} or not stages:
            self._refuse_in_sample("![")
            opened = self.expect("[", _STAGE)
            query = self.event()
            self.close(opened, "]")
            stages.append(ast.Stage(query, self.by(), span=self.since(opened.start)))
            self._refuse_in_sample("with", "until")
        return ast.Sample(tuple(stages), by, span=self.since(start.start))

    # pipe := ("head" | "tail") NUMBER
    def pipe(self) -> ast.Pipe:
        """One pipe, after its bar."""
        name = self.token
        if name.kind is not Kind.NAME:
            raise self.unexpected("`head` or `tail`")
        if name.text not in PIPES:
            raise self._no_such_pipe(name)
        self.take()
        start = self.token.start
        arguments = []
        if self.token.kind is not Kind.END and self.token.text != "|":
            arguments.append(self.condition())
            while self.accept(","):
                arguments.append(self.condition())
        if len(arguments) != 1:
            where = self.since(start) if arguments else name.span
            label = Label(where, f"expected one number, found {len(arguments) or 'none'}")
            self.report("E132", f"`{name.text}` takes one number", [label], f"write `| {name.text} 10`")
            return ast.Pipe(name.text, 0, span=self.since(name.start))
        count = arguments[0].value if isinstance(arguments[0], ast.Literal) else None
        if type(count) is not int or not 0 <= count <= MOST_EVENTS:
            label = Label(self.since(start), f"expected a whole number from 0 to {MOST_EVENTS}")
            self.report("E133", f"`{name.text}` takes a whole number", [label], f"write `| {name.text} 10`")
            count = 0
        return ast.Pipe(name.text, count, span=self.since(name.start))

    def _no_where(self, category: str | None) -> ParseError:
        if self.token.kind in {Kind.WRONG, Kind.END} or self.token.text.lower() == "where":
            return self.unexpected("`where`", "an event query is written `category where condition`")
        label = Label(self.token.span, f"expected `where`, found {shown(self.token)}")
        advice = "an event query is written `category where condition`"
        if category is not None and self.token.text in _CONTINUES_A_CONDITION:
            advice += "; for a condition on events of every category, put `any where` before it"
        return self.error("E122", "no `where` after the category", [label], advice)

    def _unit(self, number: Token) -> str:
        token = self.token
        if token.kind is not Kind.NAME:
            label = Label(number.span, "expected a unit after the number")
            advice = f"did you mean `{shortened(number.text)}s`? The units are {', '.join(UNITS_MS)}"
            raise self.error("E141", "a time span without a unit", [label], advice)
        if token.text not in UNITS_MS:
            meant = [unit for unit, words in _UNIT_WORDS.items() if token.text in words]
            advice = f"did you mean `{meant[0]}`?" if meant else "there are no weeks, months or years"
            label = Label(token.span, f"expected one of {', '.join(UNITS_MS)}")
            raise self.error("E144", f"no unit of time is called `{shortened(token.text)}`", [label], advice)
        return self.take().text

    def _maxspan_out_of_range(self, number: Token) -> ParseError:
        longest = LONGEST_MAXSPAN_MS // UNITS_MS["d"]
        label = Label(number.span, f"expected more than zero, and at most {longest} days")
        return self.error("E143", "maxspan out of range", [label], "leave `with maxspan` out if any span will do")

    def _refuse_in_sample(self, *words: str) -> None:
        word = self.token.text
        if word in words:
            label = Label(self.token.span, "expected a stage, `by` or the end")
            advice = (
                "maxspan, runs, until and missing events belong to `sequence`; the events of a sample have no order"
            )
            raise self.error("E163", f"a sample takes no `{word}`", [label], advice)

    def _no_such_pipe(self, name: Token) -> ParseError:
        if name.text in OTHER_PIPES:
            label = Label(name.span, "expected `head` or `tail`")
            return self.error(
                "E130",
                f"pipe `{name.text}` is not supported",
                [label],
                "count and sort what comes out of the query instead",
            )
        close = difflib.get_close_matches(name.text.lower()[:24], PIPES, 1)
        label = Label(name.span, "expected `head` or `tail`")
        advice = f"did you mean `{close[0]}`?" if close else None
        return self.error("E131", f"no pipe is called `{shortened(name.text)}`", [label], advice)
