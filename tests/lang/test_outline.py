from __future__ import annotations

import math

from comtrap.lang.outline import Chain, Group, Phrase, outline, width
from comtrap.lang.words import Word


def texts(parts):
    """The words of some parts, as nested lists."""
    return [part.text if isinstance(part, Word) else texts(part.parts) for part in parts]


def condition(text):
    (event,) = outline(f"any where {text}").events
    return event.condition


def test_an_or_joins_what_an_and_joins():
    found = condition("a or b and c or d")

    assert isinstance(found, Chain)
    assert (found.operator, found.parts[2].operator) == ("or", "and")
    assert texts(found.parts) == [["a"], "or", [["b"], "and", ["c"]], "or", ["d"]]


def test_parentheses_are_groups_of_items():
    found = condition("not f(a, b or c) in (1)")

    assert isinstance(found, Phrase)
    assert isinstance(found.parts[2], Group)
    assert texts(found.parts) == ["not", "f", ["(", ["a"], ",", [["b"], "or", ["c"]], ")"], "in", ["(", ["1"], ")"]]


def test_a_keyword_in_a_path_joins_nothing():
    assert texts(condition("a.or or b.and").parts) == [["a", ".", "or"], "or", ["b", ".", "and"]]


def test_a_sequence_has_a_header_stages_and_pipes():
    found = outline("sequence by a [b where c] by d with runs=2 until ![e where f] | head 1 | tail 2")

    assert texts(found.header) == ["sequence", "by", "a"]
    assert [(texts(e.head), texts(e.condition.parts), texts(e.tail)) for e in found.events] == [
        (["[", "b", "where"], ["c"], ["]", "by", "d", "with", "runs", "=", "2"]),
        (["until", "![", "e", "where"], ["f"], ["]"]),
    ]
    assert list(map(texts, found.pipes)) == [["|", "head", "1"], ["|", "tail", "2"]]


def test_an_event_query_has_no_header():
    found = outline('"a b" where c | head 1')

    assert (texts(found.header), texts(found.events[0].head)) == ([], ['"a b"', "where"])
    assert texts(found.pipes[0]) == ["|", "head", "1"]


def test_a_width_is_that_of_the_line():
    assert width(outline("any  where a  and(b or c)").events[0].parts) == len("any where a and (b or c)")
    assert width(outline("any where /* x */ a // y").events[0].parts) == len("any where /* x */ a")


def test_a_comment_inside_makes_a_width_infinite():
    assert math.isinf(width(outline("any where a // x\nand b").events[0].parts))
    assert math.isinf(condition("a in (1, // x\n2)").width)
    assert math.isinf(condition("a ==\n// x\nb").width)
