"""What is to be explained: EQL, or a rule by its id, name, slug or file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.check.check import check
from comtrap.check.suggest import suggest
from comtrap.errors import ParseError
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.plan.build import build, query_plan
from comtrap.plan.plan import stages
from comtrap.rules.compile import INDEX, compile_rule
from comtrap.rules.exception_condition import item_condition
from comtrap.rules.load import load, locate, packs
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comtrap.check import typed
    from comtrap.errors import RuleError
    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Subject:
    """A query that is right, as written and as checked.

    Attributes:
        text: the query as written; the spans of `query` point into it.
        rule: whose query it is, or None.
        checked: what the query means.
        exceptions: events that the rule is not to see, each with the exception's name.
        plan: the one query, with the rule's guard on indices if there is a rule; not optimised.
    """

    text: str
    query: ast.Query
    rule: Rule | None
    checked: typed.Query
    plan: Plan
    exceptions: tuple[tuple[str, typed.Expr], ...] = ()

    @property
    def body(self) -> QueryPlan:
        """The plan of the query."""
        return self.plan.queries[0]

    @property
    def stages(self) -> tuple[typed.Stage, ...]:
        """The stages as their hits are numbered: runs expanded, ``until`` last."""
        return tuple(stages(self.body))

    @property
    def written(self) -> tuple[ast.Stage, ...]:
        """What was written for each of `stages`."""
        body = self.query.body
        if isinstance(body, ast.EventQuery):
            return (ast.Stage(body),)
        until = (body.until,) if isinstance(body, ast.Sequence) and body.until is not None else ()
        return (*(stage for stage in body.stages for _ in range(stage.runs)), *until)

    @property
    def placed(self) -> tuple[tuple[int, ast.Stage], ...]:
        """Each stage that was written, runs once, with the number of the first of `stages` it stands for."""
        every = self.written
        found = []
        at = 0
        while at < len(every):
            found.append((at, every[at]))
            at += every[at].runs
        return tuple(found)

    @property
    def until(self) -> int | None:
        """The number of ``until`` among `stages`."""
        body = self.query.body
        return len(self.stages) - 1 if isinstance(body, ast.Sequence) and body.until is not None else None

    @property
    def by(self) -> tuple[ast.Field, ...]:
        """The keys that all stages share."""
        return () if isinstance(self.query.body, ast.EventQuery) else self.query.body.by


def find(name: str, rules: Sequence[str] = (), exceptions: Iterable[ExceptionItem] = ()) -> Subject:
    """What a name on the command line stands for.

    Args:
        name: the path of a rule file; a rule's id, name or slug (its file's name without ``.toml``); or EQL.
        rules: packs, folders and files to look for rules in; without any, the packs that come with comtrap.
        exceptions: those in force, of any rules.

    Raises:
        QueryError: it is none of these.
        RuleError: the rule is wrong, or an exception of it.
        PluginError: a rule file, or one of `rules`, does not exist.
    """
    if name.endswith(".toml") and len(name.split("\n")) == 1:
        found, errors = load([locate(Path(name))])
        return of_rule(_only(found, errors), exceptions)
    try:
        return of_query(name)
    except ParseError as error:
        rule = _named(name, rules)
        if rule is not None:
            return of_rule(rule, exceptions)
        if len(name.split()) == 1:
            near = suggest(name, [rule.path.stem for rule in _known(rules)[0]])
            error.add_note(f"Nor is there a rule of this id, name or slug{'' if near is None else f'; {near}'}")
        raise


def of_query(text: str) -> Subject:
    """A query.

    Raises:
        QueryError: it is not EQL, or not true of Windows telemetry.
    """
    query = parse(text)
    checked = check(query, telemetry(), text)
    return Subject(text, query, None, checked, build([query_plan("query", checked)]))


def of_rule(rule: Rule, exceptions: Iterable[ExceptionItem] = ()) -> Subject:
    """A rule, with those of the exceptions that are for it.

    Raises:
        RuleError: the rule or an exception is not true of Windows telemetry.
    """
    own = tuple((item.label, item_condition(item, telemetry())) for item in exceptions if rule.id in item.rules)
    plan = _plan(rule, tuple(condition for _, condition in own))
    return Subject(rule.text, rule.query, rule, check(rule.query, telemetry(), rule.text), plan, own)


def unexcepted(subject: Subject) -> Plan:
    """The plan without exceptions."""
    return subject.plan if subject.rule is None or not subject.exceptions else _plan(subject.rule, ())


def _plan(rule: Rule, excepted: tuple[typed.Expr, ...]) -> Plan:
    plan = build([compile_rule(rule, telemetry(), excepted)])
    return replace(plan, columns=plan.columns - {INDEX.name})


def _only(found: list[Rule], errors: list[RuleError]) -> Rule:
    if errors:
        raise errors[0]
    return found[0]


def _known(rules: Sequence[str]) -> tuple[list[Rule], list[RuleError]]:
    return load(locate(name) for name in rules or packs())


def _named(name: str, rules: Sequence[str]) -> Rule | None:
    found, errors = _known(rules)
    for error in errors:
        if Path(error.path).stem == name:
            raise error
    wanted = name.strip().casefold()
    for rule in found:
        if wanted in {str(rule.id), rule.name.casefold(), rule.path.stem.casefold()}:
            return rule
    return None
