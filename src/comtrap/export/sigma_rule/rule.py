"""One of our rules as Sigma documents: one, or several where it takes a correlation or several log sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.check.check import check
from comtrap.errors import CheckError
from comtrap.export.sigma_rule.kinds import dialect
from comtrap.export.sigma_rule.metadata import about, closing, heading, logsource
from comtrap.export.sigma_rule.parts import SigmaRule, parts
from comtrap.export.sigma_rule.sequence import correlated
from comtrap.export.target import NoFormError
from comtrap.lang import ast
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.rules.rule import Rule


def sigma_rule(rule: Rule, kinds: Sequence[Kind] = ()) -> SigmaRule:
    """The rule in Sigma's words.

    Args:
        rule: the rule.
        kinds: the kinds of events of a dialect; without them, Sigma's own.

    Raises:
        NoFormError: Sigma cannot say it.
    """
    kinds = kinds or dialect()
    try:
        check(rule.query, telemetry(), rule.text)
    except CheckError as error:
        raise NoFormError(f"its query is wrong: {error.diagnostics[0].title}") from error
    if rule.query.pipes:
        raise NoFormError("`head` and `tail` have no form in Sigma")
    match rule.query.body:
        case ast.EventQuery() as event:
            return _event(rule, event, kinds)
        case ast.Sequence() as sequence:
            return correlated(rule, sequence, kinds)
        case ast.Sample():
            raise NoFormError("Sigma's correlations need a time span, and a sample has none")


def _event(rule: Rule, event: ast.EventQuery, kinds: Sequence[Kind]) -> SigmaRule:
    made = list(parts(event, kinds))
    several = len(made) > 1
    documents = tuple(
        {
            **heading(rule, part.kind.name if several else "", f" ({part.kind.name})" if several else ""),
            **about(rule),
            "logsource": logsource(part.kind, rule),
            "detection": part.detection.data(),
            **closing(rule),
        }
        for part in made
    )
    return SigmaRule(documents, tuple(p.kind for p in made), tuple(n for p in made for n in p.detection.notes))
