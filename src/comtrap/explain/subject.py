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
from comtrap.rules.load import load, locate, packs
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.check import typed
    from comtrap.errors import RuleError
    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Subject:
    """A query that is right, as written and as checked.

    Attributes:
        text: the query as written; the spans of `query` point into it.
        rule: whose query it is, or None.
        checked: what the query means.
        plan: the one query, with the rule's guard on indices if there is a rule; not optimised.
    """

    text: str
    query: ast.Query
    rule: Rule | None
    checked: typed.Query
    plan: Plan

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


def find(name: str, rules: Sequence[str] = ()) -> Subject:
    """What a name on the command line stands for.

    Args:
        name: the path of a rule file; a rule's id, name or slug (its file's name without ``.toml``); or EQL.
        rules: packs, folders and files to look for rules in; without any, the packs that come with comtrap.

    Raises:
        QueryError: it is none of these.
        RuleError: the rule is wrong.
        PluginError: a rule file, or one of `rules`, does not exist.
    """
    if name.endswith(".toml") and len(name.split("\n")) == 1:
        found, errors = load([locate(Path(name))])
        return _of_rule(_only(found, errors))
    rule = _named(name, rules)
    return of_query(name, rules) if rule is None else _of_rule(rule)


def of_query(text: str, rules: Sequence[str] = ()) -> Subject:
    """A query.

    Args:
        text: EQL.
        rules: where its author might have meant a rule of, for the message.

    Raises:
        QueryError: it is not EQL, or not true of Windows telemetry.
    """
    try:
        query = parse(text)
    except ParseError as error:
        if len(text.split()) == 1:
            near = suggest(text, [rule.path.stem for rule in _known(rules)[0]])
            error.add_note(f"Nor is there a rule of this id, name or slug{'' if near is None else f'; {near}'}")
        raise
    checked = check(query, telemetry(), text)
    return Subject(text, query, None, checked, build([query_plan("query", checked)]))


def _of_rule(rule: Rule) -> Subject:
    plan = build([compile_rule(rule, telemetry())])
    checked = check(rule.query, telemetry(), rule.text)
    return Subject(rule.text, rule.query, rule, checked, replace(plan, columns=plan.columns - {INDEX.name}))


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
