"""One of our rules as Sigma documents: one, or several where it takes a correlation or several log sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.export.sigma_rule.metadata import about, closing, heading, logsource
from comtrap.export.sigma_rule.parts import SigmaRule, parts
from comtrap.export.sigma_rule.sequence import correlated
from comtrap.export.target import NoFormError
from comtrap.lang import ast

if TYPE_CHECKING:
    from comtrap.rules.rule import Rule


def sigma_rule(rule: Rule) -> SigmaRule:
    """The rule in Sigma's words.

    Raises:
        NoFormError: Sigma cannot say it.
    """
    if rule.query.pipes:
        raise NoFormError("`head` and `tail` have no form in Sigma")
    match rule.query.body:
        case ast.EventQuery() as event:
            return _event(rule, event)
        case ast.Sequence() as sequence:
            return correlated(rule, sequence)
        case ast.Sample():
            raise NoFormError("Sigma's correlations need a time span, and a sample has none")


def _event(rule: Rule, event: ast.EventQuery) -> SigmaRule:
    made = list(parts(event))
    several = len(made) > 1
    documents = tuple(
        {
            **heading(rule, part.kind.name if several else "", f" ({part.kind.name})" if several else ""),
            **about(rule),
            "logsource": logsource(part.kind, rule),
            "detection": part.detection.data(),
            **closing(rule, (part.kind,)),
        }
        for part in made
    )
    return SigmaRule(documents, tuple(p.kind for p in made), tuple(n for p in made for n in p.detection.notes))
