from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.export.elastic_query import elastic_query
from comtrap.export.target import NoFormError


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ('any where a == "x"   and b == 1', 'any where a == "x"   and b == 1'),
        ('any where a == "x" or ?comtrap.b : "y"', 'any where a == "x"'),
        ('any where a == "x" and not ?comtrap.b : "y"', 'any where a == "x"'),
        ('any where a == "x" and not (?comtrap.b : "y" or c == 1)', 'any where a == "x" and not c == 1'),
        ('any where a == "x" and (b == 1 or ?comtrap.c == 2)', 'any where a == "x" and b == 1'),
        ('any where (a == 1 and b == 2 or ?comtrap.c == 2) and d == 3', "any where a == 1 and b == 2 and d == 3"),
        ('any where a == 1 or (?comtrap.b == null and c == 2)', "any where a == 1 or c == 2"),
        ('any where a == 1 and ?comtrap.b == null', "any where a == 1"),
        ("any where not ?comtrap.b == 1", "any where true"),
        ("any where a == 1 or not ?comtrap.b == 1", "any where true"),
        ("any where a == null", "any where a == null"),
        ('any where a == 1 or length(?comtrap.b) > 3 or ?comtrap.b in ("x")', "any where a == 1"),
        (
            'any where winlog.event_data.A == "x" and not (winlog.user_data.B : ("y", "z") or length(winlog.event_data.C) > 1)',
            'any where ?winlog.event_data.A == "x" and not (?winlog.user_data.B : ("y", "z") or length(?winlog.event_data.C) > 1)',
        ),
        (
            'any where -winlog.event_data.A in (1, winlog.event_data.B + 1) and event.code == "1"',
            'any where -?winlog.event_data.A in (1, ?winlog.event_data.B + 1) and event.code == "1"',
        ),
        (
            "sequence by winlog.event_data.A [any where winlog.event_data.A == 1] [any where true]",
            "sequence by winlog.event_data.A [any where ?winlog.event_data.A == 1] [any where true]",
        ),
        (
            'sequence by a [any where b == 1 or ?comtrap.c == 1] [any where d == 1] until [any where not ?comtrap.e == 1]',
            "sequence by a [any where b == 1] [any where d == 1] until [any where true]",
        ),
        ('sample by a [any where b == 1 or ?comtrap.c == 1] [any where d == 1]', "sample by a [any where b == 1] [any where d == 1]"),
    ],
)  # fmt: skip
def test_what_only_comtrap_knows_is_taken_out(written, asked):
    assert " ".join(elastic_query(rule(written)).split()) == " ".join(asked.split())


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('any where ?comtrap.a : "x"', "all that it looks at"),
        ('any where a == 1 and comtrap.b : "x"', "all that it looks at"),
        ("any where ?comtrap.a != null", "all that it looks at"),
        ("sequence [any where a == 1] [any where comtrap.b == 1]", "all that it looks at"),
        ("sequence by comtrap.process.entity_id [any where a == 1] [any where b == 1]", "joined by comtrap.process"),
        ("sequence [any where a == 1] by comtrap.x [any where b == 1] by y", "joined by comtrap.x"),
    ],
)
def test_a_query_of_which_nothing_would_be_left_has_no_form(written, why):
    with pytest.raises(NoFormError, match=why):
        elastic_query(rule(written))
