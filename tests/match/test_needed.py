from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.execute.building import plan

from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.match.needed import Needed

QUERIES = plan(
    "sequence by ?k, ?l [any where n == 1] [any where n == 2] until [any where n == 3]",
    "sequence by ?k, ?l with maxspan=5s [any where n == 1] ![any where n == 2] [any where n == 3]",
    "sample by k, l [any where n == 1] [any where n == 2]",
).queries
TEXTS = st.sampled_from(["a", "b", "", "\x01", "a\x1f", None])


def table(rows):
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 6
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, HITS, strict=True)], schema=HITS)


@st.composite
def hits(draw):
    """A query's number and hits of it, each event once."""
    number = draw(st.integers(0, 2))
    keys = st.tuples(TEXTS, TEXTS) if number < 2 else st.tuples(st.sampled_from("ab"), st.sampled_from("ab"))
    rows = draw(st.lists(st.tuples(st.integers(0, 2 if number < 2 else 1), keys, st.integers(0, 9)), max_size=20))
    return number, [(number, stage, list(key), at * 10**9, None, n) for n, (stage, key, at) in enumerate(rows)]


@given(hits(), st.integers(1, 5))
def test_what_is_not_needed_changes_no_match(given_hits, size):
    number, rows = given_hits
    parts = [table(rows[at : at + size]) for at in range(0, len(rows), size)]
    needed = Needed(QUERIES[number])
    for part in parts:
        needed.see(part)
    kept = pa.concat_tables([table([]), *(needed.of(part) for part in parts)])
    assert match(QUERIES[number], number, kept) == match(QUERIES[number], number, table(rows))


def test_hits_whose_key_lacks_a_stage_are_not_needed():
    rows = [
        (0, 0, ["a", "x"], 1, None, 1),
        (0, 1, ["a", None], 2, None, 2),
        (0, 1, ["a", "x"], 3, None, 3),
        (0, 0, ["b", "x"], 4, None, 4),
    ]
    needed = Needed(QUERIES[0])
    needed.see(table(rows))
    assert needed.of(table(rows))["event"].to_pylist() == [1, 3]


def test_null_and_texts_that_look_like_it_are_different_keys():
    rows = [(0, 0, [None, "x"], 1, None, 1), (0, 1, ["\x01", "x"], 2, None, 2), (0, 1, ["", "x"], 3, None, 3)]
    needed = Needed(QUERIES[0])
    needed.see(table(rows))
    assert needed.of(table(rows)).num_rows == 0


def test_sliced_hits_have_the_keys_of_their_rows():
    rows = table([(0, n % 2, [str(n // 2), "x"], n, None, n) for n in range(10)])
    needed = Needed(QUERIES[0])
    needed.see(rows.slice(4, 4))
    assert needed.of(rows)["event"].to_pylist() == [4, 5, 6, 7]


def test_a_query_without_keys_needs_all():
    (query,) = plan("sequence [any where n == 1] [any where n == 2]").queries
    rows = table([(0, n % 2, [], n, None, n) for n in range(4)])
    needed = Needed(query)
    needed.see(rows)
    assert needed.of(rows).num_rows == 4
