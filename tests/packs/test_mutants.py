from __future__ import annotations

import pytest
from tests.packs.mutants import mutants

from comtrap.lang.parse import parse
from comtrap.lang.unparse import unparse


def made(query):
    return {mutant.what: unparse(mutant.query) for mutant in mutants(parse(query))}


@pytest.mark.parametrize(
    ("query", "what", "mutated"),
    [
        ("a where b == 1", "delete b == 1", "a where true"),
        ("a where b == 1", "negate b == 1", "a where not b == 1"),
        ("a where not b == 1", "delete not b == 1", "a where true"),
        ("a where not b == 1", "negate not b == 1", "a where b == 1"),
        ("a where b == 1 and c == 2", "delete b == 1", "a where c == 2"),
        ("a where b == 1 and c == 2", "swap and of b == 1 and c == 2", "a where b == 1 or c == 2"),
        ("a where b == 1 or c == 2", "swap or of b == 1 or c == 2", "a where b == 1 and c == 2"),
        ("a where not (b == 1 and c == 2)", "delete c == 2", "a where not b == 1"),
        ('a where b : ("x", "y")', 'drop "x" of b', 'a where b : "y"'),
        ("a where b in (1, 2)", "drop 2 of b", "a where b in (1)"),
        ('a where not b : ("x", "y")', 'drop "x" of b', 'a where not b : "y"'),
        (
            "sequence by k [a where b == 1] [c where d == 1]",
            "stage 2: negate d == 1",
            "sequence by k\n  [a where b == 1]\n  [c where not d == 1]",
        ),
        (
            "sequence by k [a where true] [c where true] until [e where f == 1]",
            "until: delete f == 1",
            "sequence by k\n  [a where true]\n  [c where true]\nuntil [e where true]",
        ),
    ],
)
def test_each_mistake(query, what, mutated):
    assert made(query)[what] == unparse(parse(mutated))


def test_the_same_words_twice_are_told_apart():
    found = made("a where b == 1 and (c == 1 or b == 1)")
    assert "delete b == 1" in found
    assert "delete b == 1 (place 2)" in found


def test_a_pattern_alone_is_not_dropped():
    assert not [what for what in made('a where b : "x"') if what.startswith("drop")]
