"""Trees with a column beside them."""

from __future__ import annotations

from comtrap.explain.render.ink import UNICODE, Ink, Pen
from comtrap.explain.render.tree import Branch, draw


def branch(text: str, beside: str | None = None, *parts: Branch) -> Branch:
    pen = Pen(30, UNICODE)
    aside = None if beside is None else lambda room: pen.cut(beside, room)
    return Branch(("+", Ink.GOOD), lambda room: pen.cut(text, room), aside, parts=parts)


def drawn(*branches: Branch, margin: int = 0) -> list[str]:
    lines = draw(branches, Pen(30, UNICODE), margin=margin)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_what_stands_beside_is_in_one_column():
    assert drawn(branch("a", "one"), branch("bbb", "two")) == ["├─ + a    one", "└─ + bbb  two"]


def test_below_where_there_is_no_room():
    assert drawn(branch("a" * 20, "one"), branch("b" * 15, "x" * 40, branch("c")), branch("d", "e")) == [
        "├─ + aaaaaaaaaaaaaaaaaaaa  one",
        "├─ + bbbbbbbbbbbbbbb",
        "│  │   xxxxxxxxxxxxxxxxxxxxxx…",
        "│  └─ + c",
        "└─ + d  e",
    ]


def test_a_margin():
    assert drawn(branch("a"), margin=2) == ["  └─ + a"]


def test_no_branches_are_no_lines():
    assert drawn() == []
