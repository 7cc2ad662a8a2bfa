"""What a rule finds without the fields that only comtrap fills, which no other platform has."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from comtrap.lang import ast
from comtrap.lang.unparse import unparse
from comtrap.proof.samples import plan_of


def theirs(rule):
    """The plan of a rule in which every clause on a field of ours is false."""
    return plan_of(replace(rule, text=unparse(_without(rule.query))))


def _without(node):
    if isinstance(node, ast.Like) and isinstance(node.value, ast.Field) and node.value.name.startswith("comtrap."):
        return ast.Literal(value=False)
    if isinstance(node, tuple):
        return tuple(map(_without, node))
    if is_dataclass(node) and not isinstance(node, ast.Literal | ast.Field):
        return replace(
            node, **{one.name: _without(getattr(node, one.name)) for one in fields(node) if one.name != "span"}
        )
    return node
