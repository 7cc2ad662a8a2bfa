"""Text to syntax tree.

Source: docs/grammar.ebnf; the EQL grammar of Elasticsearch and what its planner refuses before it looks at fields.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from comtrap.lang import ast
from comtrap.lang.expressions import Expressions
from comtrap.lang.tokens import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_RUNS = 100
MAX_SPAN_MS = 1 << 53  # nanoseconds of more would not fit 64 bits with room to add
PIPES = ("head", "tail")
OTHER_PIPES = frozenset({"count", "filter", "sort", "unique", "unique_count"})  # of the Endgame dialect


def parse(text: str) -> ast.Query:
    """The tree of a query.

    Raises:
        ParseError: the text is not EQL.
    """
    return _Queries(text).query()


def parse_expression(text: str) -> ast.Expr:
    """The tree of a bare expression, such as ``process.pid + 1``.

    Raises:
        ParseError: the text is not an expression.
    """
    reader = _Queries(text)
    found = reader.expression()
    reader.end("an operator or the end")
    return found


class _Queries(Expressions):
    """A reader that understands whole queries."""

    def end(self, wanted: str) -> None:
        if self.here.kind is not Kind.END:
            self.unexpected(wanted, "the query goes on after its end; a comparison is written `==`")

    # statement := query ("|" pipe)*
    def query(self) -> ast.Query:
        start = self.here
        body = self.body()
        pipes: list[ast.Pipe] = []
        while bar := self.accept("|"):
            if isinstance(body, ast.Sample):
                self.fail("E129", "a sample takes no pipes", bar.span, "take the pipe away")
            pipes.append(self.pipe())
        self.end("an operator, `|` or the end")
        return ast.Query(body, tuple(pipes), span=self.since(start))

    # query := sequence | sample | join | event
    def body(self) -> ast.EventQuery | ast.Sequence | ast.Sample:
        if self.sees("join"):
            self.fail(
                "E117",
                "`join` is not supported",
                self.here.span,
                "use `sequence` (in order) or `sample` (in any order)",
            )
        if self.sees("sequence"):
            return self.sequence()
        if self.sees("sample"):
            return self.sample()
        return self.event()

    # event := category "where" expression
    def event(self) -> ast.EventQuery:
        start = self.here
        if self.accept("any"):
            category = None
        elif start.kind is Kind.IDENTIFIER:
            category = self.take().text
        elif start.kind is Kind.STRING:
            category = str(self.take().value)
        else:
            self.unexpected("an event category", "a query begins with a category, `any`, `sequence` or `sample`")
        self.expect("where", "an event query is written `category where condition`")
        return ast.EventQuery(category, self.expression(), span=self.since(start))

    # sequence := "sequence" ("by" keys maxspan? | maxspan)? term+ ("until" term)?
    def sequence(self) -> ast.Sequence:
        start = self.take()
        by = self.by()
        maxspan_ms = self.maxspan() if self.sees("with") else None
        if maxspan_ms is not None and self.sees("by"):
            self.fail("E118", "`by` stands before `with`, not after it", self.here.span, "sequence by … with maxspan=…")
        stages = self.terms()
        until = self.term() if self.accept("until") else None
        found = ast.Sequence(stages, by, until, maxspan_ms, span=self.since(start))
        self.well_formed(found, start)
        return found

    def well_formed(self, found: ast.Sequence, start: Token) -> None:
        """Refuse what no data could make right."""
        count = sum(s.runs for s in found.stages)
        if count < 2:
            self.fail(
                "E119",
                f"a sequence of {count} event",
                start.span,
                "a sequence needs at least two; for one write an event query",
            )
        if all(s.missing for s in found.stages):
            self.fail(
                "E120",
                "a sequence of missing events only",
                start.span,
                "at least one stage must be an event that is there",
            )
        if found.maxspan_ms is None and any(s.missing for s in found.stages):
            self.fail(
                "E121",
                "a missing event without `with maxspan`",
                start.span,
                "say how long to wait: sequence with maxspan=1m …",
            )
        self.same_keys((*found.stages, *([found.until] if found.until else [])), found.by)

    def same_keys(self, stages: Sequence[ast.Stage], by: tuple[ast.Field, ...]) -> None:
        """Every stage has as many keys as the first."""
        wanted = len(by) + len(stages[0].by)
        for stage in stages[1:]:
            found = len(by) + len(stage.by)
            if found != wanted:
                self.fail(
                    "E122",
                    f"{found} join keys where the first stage has {wanted}",
                    stage.span,
                    "every stage needs the same number",
                )

    # terms := term+
    def terms(self) -> tuple[ast.Stage, ...]:
        found = []
        while self.sees("[", "!["):
            found.append(self.term())
        if not found:
            self.unexpected("`[`", "a stage is written `[category where condition]`")
        return tuple(found)

    # term := ("[" | "![") event "]" ("by" keys)? ("with" "runs" "=" INTEGER)?
    def term(self) -> ast.Stage:
        start = self.here
        opened = self.accept("[", "![")
        if opened is None:
            self.unexpected("`[`", "a stage is written `[category where condition]`")
        query = self.event()
        self.expect("]", "close the stage")
        by = self.by()
        runs = self.runs() if self.sees("with") else 1
        return ast.Stage(query, by, opened.text == "![", runs, span=self.since(start))

    # by := ("by" field ("," field)*)?
    def by(self) -> tuple[ast.Field, ...]:
        if self.accept("by") is None:
            return ()
        fields = [self.field()]
        while self.accept(","):
            fields.append(self.field())
        return tuple(fields)

    # maxspan := "with" "maxspan" "=" INTEGER UNIT
    def maxspan(self) -> int:
        self.take()
        self.expect("maxspan", "before the stages stands `with maxspan=…`")
        self.expect("=", "with maxspan=30s")
        number = self.take()
        if number.kind is Kind.DECIMAL:
            self.fail(
                "E123",
                f"`{number.text}` is no whole number",
                number.span,
                "a time span is a positive integer and a unit; use a smaller unit",
            )
        if number.kind is not Kind.INTEGER:
            self.fail("E123", f"found {number.shown} where a time span was expected", number.span, "such as 30s or 5m")
        return self.span_ms(number)

    def span_ms(self, number: Token) -> int:
        """The span whose number was read."""
        unit = self.here
        if unit.kind is not Kind.IDENTIFIER:
            self.fail(
                "E124",
                "a time span without a unit",
                number.span,
                f"did you mean `{number.text}s`? Units are {', '.join(UNITS_MS)}",
            )
        if unit.text not in UNITS_MS:
            self.fail("E124", f"no unit of time is called `{unit.text}`", unit.span, f"units are {', '.join(UNITS_MS)}")
        self.take()
        assert isinstance(number.value, int)
        span_ms = number.value * UNITS_MS[unit.text]
        if not 0 < span_ms <= MAX_SPAN_MS:
            self.fail(
                "E123",
                f"a time span of {number.text}{unit.text}",
                number.span,
                "it must be positive and less than 285,000 years",
            )
        return span_ms

    # runs := "with" "runs" "=" INTEGER
    def runs(self) -> int:
        self.take()
        word = self.take()
        if word.text != "runs":
            self.fail(
                "E125", f"found {word.shown} where `runs` was expected", word.span, "after a stage stands `with runs=…`"
            )
        self.expect("=", "with runs=3")
        number = self.take()
        if number.kind is not Kind.INTEGER or not 1 <= int(number.value or 0) <= MAX_RUNS:
            self.fail("E125", f"runs of {number.shown}", number.span, f"runs is a whole number from 1 to {MAX_RUNS}")
        return int(number.value or 0)

    # sample := "sample" ("by" keys)? ("[" event "]" ("by" keys)?)+
    def sample(self) -> ast.Sample:
        start = self.take()
        by = self.by()
        stages = self.terms()
        for stage in stages:
            if stage.missing or stage.runs != 1:
                self.fail("E126", "a sample has no missing events and no runs", stage.span, "use a sequence")
        if len(stages) < 2:
            self.fail("E127", "a sample of 1 event", start.span, "a sample needs at least two")
        if not by and not stages[0].by:
            self.fail("E128", "a sample without a join key", start.span, "sample by host.id …")
        self.same_keys(stages, by)
        return ast.Sample(stages, by, span=self.since(start))

    # pipe := ("head" | "tail") INTEGER
    def pipe(self) -> ast.Pipe:
        name = self.take()
        if name.text in OTHER_PIPES:
            self.fail("E130", f"pipe `{name.text}` is not supported", name.span, "there are head and tail")
        if name.text not in PIPES:
            close = difflib.get_close_matches(name.text, PIPES, 1)
            self.fail(
                "E130",
                f"no pipe is called {name.shown}",
                name.span,
                f"did you mean `{close[0]}`?" if close else "there are head and tail",
            )
        arguments: list[ast.Expr] = []
        while self.here.kind is not Kind.END and not self.sees("|"):
            arguments.append(self.expression())
            if self.accept(",") is None:
                break
        count = arguments[0] if len(arguments) == 1 else None
        if not isinstance(count, ast.Literal) or type(count.value) is not int or count.value < 0:
            self.fail(
                "E131",
                f"`{name.text}` takes one number",
                self.since(name),
                f"such as `| {name.text} 5`: a whole number, 0 or more",
            )
        return ast.Pipe(name.text, count.value, span=self.since(name))
