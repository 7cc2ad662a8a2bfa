from __future__ import annotations

import pytest
from hypothesis import given
from tests.lang import strategies

from comtrap.errors import ParseError
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.lang.structure import MOST_RUNS, MOST_STAGES, structural_problems

TRUE = ast.EventQuery(None, ast.Literal(value=True))
PLAIN, MISSING = ast.Stage(TRUE), ast.Stage(TRUE, missing=True)
KEYED = ast.Stage(TRUE, (ast.Field("k"),))


def codes(body):
    return [problem.code for problem in structural_problems(body)]


@pytest.mark.parametrize(
    ("stages", "maxspan_ms", "expected"),
    [
        ((PLAIN, PLAIN), None, []),
        ((ast.Stage(TRUE, runs=2),), None, []),
        ((PLAIN, MISSING), 1, []),
        ((MISSING, PLAIN), 1, []),
        ((PLAIN,), None, ["E145"]),
        ((MISSING, MISSING), 1, ["E147"]),
        ((PLAIN, MISSING), None, ["E148"]),
        ((MISSING, MISSING), None, ["E147", "E148"]),
        ((MISSING,), None, ["E145", "E147", "E148"]),
        ((PLAIN, KEYED), None, ["E146"]),
        ((KEYED, PLAIN, KEYED, PLAIN), None, ["E146", "E146"]),
        ((PLAIN,) * MOST_STAGES, None, []),
        ((PLAIN,) * (MOST_STAGES + 1), None, ["E151"]),
        ((ast.Stage(TRUE, runs=MOST_RUNS),) * (MOST_STAGES // MOST_RUNS + 1), None, ["E151"]),
    ],
)
def test_sequences(stages, maxspan_ms, expected):
    assert codes(ast.Sequence(stages, maxspan_ms=maxspan_ms)) == expected


def test_until_is_no_stage_but_has_keys_like_one():
    assert codes(ast.Sequence((PLAIN,), until=PLAIN)) == ["E145"]
    assert codes(ast.Sequence((PLAIN, PLAIN), until=KEYED)) == ["E146"]
    assert codes(ast.Sequence((KEYED, KEYED), until=KEYED)) == []


@pytest.mark.parametrize(
    ("stages", "by", "expected"),
    [
        ((KEYED, KEYED), (), []),
        ((PLAIN, PLAIN), (ast.Field("k"),), []),
        ((PLAIN, PLAIN), (), ["E162"]),
        ((KEYED,), (), ["E161"]),
        ((PLAIN,), (), ["E161", "E162"]),
        ((KEYED, PLAIN), (), ["E146"]),
    ],
)
def test_samples(stages, by, expected):
    assert codes(ast.Sample(stages, by)) == expected


def test_event_queries_have_no_structure_to_be_wrong():
    assert codes(TRUE) == []


def test_messages_point_at_both_stages_and_count_keys():
    with pytest.raises(ParseError) as found:
        parse("sequence by a [any where true] by b [any where true]")

    (problem,) = found.value.diagnostics
    assert [(label.span.start, label.text) for label in problem.labels] == [
        (36, "expected 2 join keys, found 1"),
        (14, "the first stage has 2 join keys"),
    ]


@given(strategies.queries())
def test_the_strategy_builds_sound_queries_only(query):
    assert codes(query.body) == []
