"""A part of a condition on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.explain.condition import Kind
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from comtrap.explain.condition import Node
    from comtrap.explain.render.ink import Pen


def clause(node: Node, pen: Pen, room: int, negation: str = "") -> str:
    """As much of it as fits; of a list, at least one value and how many more there are."""
    match node.kind:
        case Kind.INDEX:
            return pen.cut(f"in {'an index' if len(node.options) > 1 else 'the index'} of the rule", room)
        case Kind.EXCEPTION:
            return pen.cut(f"not of the exception {plain(node.text)}", room)
        case Kind.NOT if not node.parts[0].parts:
            return clause(node.parts[0], pen, room, f"{negation}not ")
        case Kind.CLAUSE if node.options:
            return pen.listed(negation + node.lead, node.options, room)
        case _:
            return pen.cut(plain(negation + _whole(node)), room)


def _whole(node: Node) -> str:
    match node.kind:
        case Kind.NOT:
            return f"not {_inner(node.parts[0])}"
        case Kind.AND | Kind.OR:
            return f" {node.kind.value} ".join(map(_inner, node.parts))
        case _:
            return node.text


def _inner(node: Node) -> str:
    return f"({_whole(node)})" if node.kind in {Kind.AND, Kind.OR} else _whole(node)
