from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lang import strategies

from comtrap.errors import ParseError
from comtrap.lang import ast
from comtrap.lang.cursor import LEVELS, MOST_CHARACTERS, MOST_PROBLEMS
from comtrap.lang.parse import LONGEST_MAXSPAN_MS, MOST_EVENTS, Queries, parse, parse_expression
from comtrap.lang.tokens import tokenise
from comtrap.lang.unparse import unparse

A, B, C = (ast.Field(name) for name in "abc")
SHARED = Path(__file__).parents[2].parent / "shared" / "eql" / "conformance"


def event(condition, category=None):
    return ast.EventQuery(category, condition)


def stage(condition, *by, missing=False, runs=1):
    return ast.Stage(event(condition), by, missing, runs)


def codes(text):
    with pytest.raises(ParseError) as found:
        parse(text)
    return [diagnostic.code for diagnostic in found.value.diagnostics]


def refusal(text):
    with pytest.raises(ParseError) as found:
        parse(text)
    (diagnostic,) = found.value.diagnostics
    return diagnostic.code, found.value.text[diagnostic.labels[0].span.start : diagnostic.labels[0].span.end]


# Event queries


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("any", None),
        ("process", "process"),
        ("_x1", "_x1"),
        ("AND", "AND"),
        ('"any"', "any"),
        ('"my category"', "my category"),
        ('""', ""),
        ('"""a"b"""', 'a"b'),
    ],
)
def test_a_category_is_any_a_name_or_a_text(text, category):
    assert parse(f"{text} where a") == ast.Query(event(A, category))


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "E120", ""),
        (" // nothing\n", "E120", ""),
        ("42 where true", "E121", "42"),
        ("`c` where true", "E121", "`c`"),
        ("?x where true", "E121", "?"),
        ("where true", "E121", "where"),
        ("true where true", "E121", "true"),
        ("(a where b)", "E121", "("),
        ("any", "E101", ""),
        ("any where", "E101", ""),
        ("any WHERE true", "E101", "WHERE"),
        ("any where true where true", "E101", "where"),
        ("any where true)", "E101", ")"),
        ("any where and true", "E101", "and"),
        ("a.b where true", "E122", "."),
        ('process.name : "a"', "E122", "."),
        ("process any where true", "E122", "any"),
        ("join by a [b where c] [d where e]", "E123", "join"),
        ("'c' where true", "E104", "'c'"),
        ("any where a == 'x'", "E104", "'x'"),
    ],
)
def test_what_is_no_event_query_is_refused(text, code, place):
    assert refusal(text) == (code, place)


def test_the_advice_for_a_bare_condition_is_to_name_a_category():
    with pytest.raises(ParseError, match="put `any where` before it"):
        parse("pid == 4")


# Sequences


def test_a_sequence_with_everything():
    text = """
        sequence by a, ?b with maxspan = 30 s
          [any where a] by c with runs=3
          ![process where b] by c
          until [any where c] by c
        | head 5 | tail 0
    """

    assert parse(text) == ast.Query(
        ast.Sequence(
            (stage(A, C, runs=3), ast.Stage(event(B, "process"), (C,), missing=True)),
            (A, ast.Field("b", optional=True)),
            stage(C, C),
            30_000,
        ),
        (ast.Pipe("head", 5), ast.Pipe("tail", 0)),
    )


@pytest.mark.parametrize(
    ("span", "span_ms"),
    [("500ms", 500), ("1s", 1_000), ("2 m", 120_000), ("3h", 10_800_000), ("1d", 86_400_000), ("007s", 7_000)],
)
def test_a_maxspan_is_a_whole_number_and_a_unit(span, span_ms):
    assert parse(f"sequence with maxspan={span} [any where a] [any where b]").body.maxspan_ms == span_ms


@pytest.mark.parametrize(
    ("span", "code", "place"),
    [
        ("30", "E141", "30"),
        ("2.5m", "E142", "2.5"),
        ("1e3s", "E142", "1e3"),
        (".5d", "E142", ".5"),
        ("0s", "E143", "0"),
        ("000ms", "E143", "000"),
        ("-1s", "E143", "1"),
        (f"{LONGEST_MAXSPAN_MS + 1}ms", "E143", f"{LONGEST_MAXSPAN_MS + 1}"),
        ("106752d", "E143", "106752"),
        ("9" * 5000 + "d", "E143", "9" * 5000),
        ("10w", "E144", "w"),
        ("5min", "E144", "min"),
        ("5M", "E144", "M"),
        ("", "E101", "["),
        ('"5s"', "E101", '"5s"'),
    ],
)
def test_other_time_spans_are_refused(span, code, place):
    assert refusal(f"sequence with maxspan={span} [any where a] [any where b]") == (code, place)


def test_the_longest_maxspan_fits_nanoseconds_of_64_bits():
    body = parse(f"sequence with maxspan={LONGEST_MAXSPAN_MS}ms [any where a] [any where b]").body

    assert body.maxspan_ms * 1_000_000 < 1 << 63
    assert parse("sequence with maxspan=106751d [any where a] [any where b]").body.maxspan_ms == 106_751 * 86_400_000


@pytest.mark.parametrize(("unit", "meant"), [("min", "m"), ("sec", "s"), ("hours", "h"), ("D", "d"), ("millis", "ms")])
def test_a_unit_spelt_out_is_understood_by_the_message(unit, meant):
    with pytest.raises(ParseError, match=f"did you mean `{meant}`"):
        parse(f"sequence with maxspan=5{unit} [any where a] [any where b]")


@pytest.mark.parametrize("runs", ["0", "101", "000", "1.5", "1e1", "-1", "9" * 5000])
def test_runs_are_1_to_100(runs):
    assert codes(f"sequence [any where a] with runs={runs} [any where b]") == ["E149"]


@pytest.mark.parametrize(("runs", "number"), [("1", 1), ("100", 100), ("007", 7)])
def test_runs_are_kept_as_a_number(runs, number):
    assert parse(f"sequence [any where a] with runs={runs} [any where b]").body.stages[0].runs == number


def test_one_stage_with_runs_is_a_sequence():
    assert parse("sequence [any where a] with runs=2").body.stages == (stage(A, runs=2),)


def test_until_means_nothing_by_an_exclamation_mark_or_runs():
    text = "sequence [any where a] [any where b] until ![any where c] with runs=5"

    assert parse(text).body.until == stage(C)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("sequence", "E101", ""),
        ("sequence any where a", "E101", "any"),
        ("sequence by [any where a] [any where b]", "E101", "["),
        ("sequence by a, [any where a] [any where b]", "E101", "["),
        ("sequence by f(a) [any where a] [any where b]", "E101", "("),
        ("sequence by in [any where a] [any where b]", "E114", "in"),
        ("sequence by a b [any where a] [any where b]", "E101", "b"),
        ("sequence with runs=2 [any where a] [any where b]", "E101", "runs"),
        ("sequence with maxspan 5s [any where a] [any where b]", "E101", "5"),
        ("sequence [any where a [any where b]", "E101", "["),
        ("sequence [any where a] [any where b", "E101", ""),
        ("sequence [any where a] ! [any where b]", "E102", "!"),
        ("sequence [any where a] [sequence [any where b] [any where c]]", "E121", "sequence"),
        ("sequence [any where a] with maxspan=5s [any where b]", "E101", "maxspan"),
        ("sequence [any where a] with runs=x [any where b]", "E101", "x"),
        ("sequence [any where a] until", "E101", ""),
        ("sequence with maxspan=5s by a [any where a] [any where b]", "E140", "by"),
        ("sequence by a with maxspan=5s by b [any where a] [any where b]", "E140", "by"),
        ("sequence [any where a] with runs=2 by b", "E140", "by"),
        ("sequence [any where a] until [any where b] [any where c]", "E150", "["),
        ("sequence [any where a] [any where a] until [any where b] until [any where c]", "E150", "until"),
    ],
)
def test_what_is_no_sequence_is_refused(text, code, place):
    assert refusal(text) == (code, place)


# Samples


def test_a_sample_has_keys_of_its_own_and_of_its_stages():
    text = "sample by a [any where a] by b [any where b] by ?c"

    assert parse(text) == ast.Query(
        ast.Sample((stage(A, B), stage(B, ast.Field("c", optional=True))), (A,)),
    )


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("sample by a", "E101", ""),
        ("sample by a with maxspan=1m [any where a] [any where b]", "E163", "with"),
        ("sample by a [any where a] with runs=2 [any where b]", "E163", "with"),
        ("sample by a ![any where a] [any where b]", "E163", "!["),
        ("sample by a [any where a] ![any where b]", "E163", "!["),
        ("sample by a [any where a] [any where b] until [any where c]", "E163", "until"),
        ("sample by a [any where a] [any where b] | head 1", "E160", "|"),
    ],
)
def test_what_is_no_sample_is_refused(text, code, place):
    assert refusal(text) == (code, place)


# Pipes


def test_pipes_are_kept_in_order():
    assert parse(f"any where a | head 0 | tail {MOST_EVENTS}").pipes == (
        ast.Pipe("head", 0),
        ast.Pipe("tail", MOST_EVENTS),
    )


@pytest.mark.parametrize(
    ("pipe", "code", "place"),
    [
        ("", "E101", ""),
        ("5", "E101", "5"),
        ("`head` 5", "E101", "`head`"),
        ("count", "E130", "count"),
        ("filter true", "E130", "filter"),
        ("sort a", "E130", "sort"),
        ("unique a", "E130", "unique"),
        ("unique_count a", "E130", "unique_count"),
        ("heads 5", "E131", "heads"),
        ("HEAD 5", "E131", "HEAD"),
        ("limit 5", "E131", "limit"),
        ("x" * 10_000, "E131", "x" * 10_000),
        ("head", "E132", "head"),
        ("head 1, 2", "E132", "1, 2"),
        ("head -1", "E133", "-1"),
        ("head 1.5", "E133", "1.5"),
        ("head 1 + 1", "E133", "1 + 1"),
        ('tail "5"', "E133", '"5"'),
        ("tail true", "E133", "true"),
        ("tail a", "E133", "a"),
        (f"tail {MOST_EVENTS + 1}", "E133", f"{MOST_EVENTS + 1}"),
        ("tail 5 5", "E101", "5"),
        ("tail 5,", "E101", ""),
    ],
)
def test_other_pipes_are_refused(pipe, code, place):
    assert refusal(f"any where a | {pipe}") == (code, place)


@pytest.mark.parametrize(("name", "meant"), [("heads", "head"), ("HEAD", "head"), ("tails", "tail")])
def test_a_pipe_nearly_spelt_right_is_suggested(name, meant):
    with pytest.raises(ParseError, match=f"did you mean `{meant}`"):
        parse(f"any where a | {name} 5")


# Mistakes together


def test_all_mistakes_that_leave_the_rest_clear_are_told_at_once_and_in_text_order():
    text = "sequence by a with maxspan=1.5s [any where a] with runs=0 [any where b] by c | head | tail x"

    assert codes(text) == ["E142", "E149", "E146", "E132", "E133"]


def test_a_mistake_that_stops_the_reading_is_told_after_the_others():
    assert codes("sequence [any where a] with runs=0 [any where 'b']") == ["E149", "E104"]


def test_no_more_mistakes_are_told_than_anyone_reads():
    assert len(codes("any where a" + " | head" * 500)) == MOST_PROBLEMS


# Spans


def test_nodes_of_a_query_know_where_they_stand():
    text = " sequence by a with maxspan=1m [any where a ] by b  ![ c where b] by b until [any where c] by b | head 5 "
    query = parse(text)
    body = query.body

    def written(node):
        return text[node.span.start : node.span.end]

    assert written(query) == text.strip()
    assert written(body) == text.strip().removesuffix(" | head 5")
    assert [written(s) for s in body.stages] == ["[any where a ] by b", "![ c where b] by b"]
    assert written(body.stages[1].query) == "c where b"
    assert written(body.until) == "[any where c] by b"
    assert written(query.pipes[0]) == "head 5"


# Hostile texts


@given(strategies.token_soups())
def test_pieces_of_eql_in_any_order_parse_or_are_refused(text):
    assert_parses_or_is_refused(text)


@given(strategies.texts(60) | st.text(max_size=60))
def test_any_text_parses_or_is_refused(text):
    assert_parses_or_is_refused(text)


@given(strategies.damaged(strategies.queries().map(unparse)))
def test_a_damaged_query_parses_or_is_refused(text):
    assert_parses_or_is_refused(text)


def assert_parses_or_is_refused(text):
    for read in (parse, parse_expression):
        problem = None
        try:
            found = read(text)
        except ParseError as error:
            problem = error
        if problem is not None:
            assert str(problem)
            assert all(0 <= label.span.start <= label.span.end for d in problem.diagnostics for label in d.labels)
        elif isinstance(found, ast.Query):
            assert parse(unparse(found)) == found


@pytest.mark.slow
@settings(max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.token_soups(80) | strategies.damaged(strategies.queries().map(unparse)))
def test_many_texts_parse_or_are_refused(text):
    assert_parses_or_is_refused(text)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("not (", ")"), ("f(", ")"), ("-(", ")"), ("a in (", ")"), ("a == (b and ", ")"), ("1 + 2 * (", ")")],
)
def test_parentheses_nest_as_deep_as_is_documented_and_no_deeper(opening, closing):
    nested = {"not (": 2, "-(": 2, "a == (b and ": 2, "1 + 2 * (": 2}.get(opening, 1)
    levels = LEVELS // nested - 1

    assert parse(f"any where {opening * levels}a{closing * levels}")
    assert codes(f"any where {opening * (LEVELS + 1)}a{closing * (LEVELS + 1)}") == ["E111"]


def test_the_deepest_tree_can_be_compared_printed_and_written():
    text = "any where " + "f(" * (LEVELS - 1) + "a" + ")" * (LEVELS - 1)
    query = parse(text)

    assert parse(unparse(query)) == query
    assert hash(query) == hash(parse(text))
    assert repr(query)


@pytest.mark.parametrize(
    "text", ["not " * LEVELS + "a", "a" + " + a" * LEVELS, "- " * LEVELS + "a", "a" + " * 2" * LEVELS]
)
def test_a_run_of_operators_is_as_deep_as_it_is_long(text):
    assert codes(f"any where {text}") == ["E111"]
    longest = text.removeprefix("not ").removeprefix("- ").removesuffix(" + a").removesuffix(" * 2")
    assert parse(f"any where {longest}")


def test_levels_of_different_kinds_add_up():
    inner = "a" + " + a" * 40

    assert parse(f"any where {inner}")
    assert codes("any where " + "not " * 40 + f"({inner})") == ["E111"]


def test_length_is_no_depth():
    many = 3_000

    assert len(parse("any where " + " or ".join(["a"] * many)).body.condition.operands) == many
    assert len(parse(f"any where a in ({', '.join(['1'] * many)})").body.condition.options) == many


ENDLESS = ["(", "[", "not ", "-", "- ", "a.", "a + ", "a in (", "f(", "?", "`", '"', '"""', "/*", "\\", "a : (", "any where ",
           "sequence [", "[any where a] ", "![", "a and ", "| head ", "1", "1.", ".1", "e1", "~", "!", "=", "'", "\x00", "\n"]  # fmt: skip


@pytest.mark.parametrize("piece", ENDLESS)
@pytest.mark.parametrize("start", ["", "any where ", "any where a == ", "sequence ", "any where a | head "])
def test_a_piece_repeated_without_end_is_refused_or_read(start, piece):
    assert_parses_or_is_refused(start + piece * 2_000)


class Counting(Queries):
    """Counts the tokens it takes."""

    taken_in_all = 0

    def take(self):
        self.taken_in_all += 1
        return super().take()


@pytest.mark.parametrize("piece", ENDLESS)
@pytest.mark.parametrize("start", ["any where ", "sequence ", "any where a | head "])
def test_no_token_is_taken_twice(start, piece):
    text = start + piece * 2_000
    queries = Counting(text)
    with contextlib.suppress(ParseError):
        queries.statement()

    assert queries.taken_in_all <= len(tokenise(text)[0])


@pytest.mark.slow
@pytest.mark.parametrize("piece", ENDLESS)
@pytest.mark.parametrize("start", ["any where ", "any where a in (1, "])
def test_many_pieces_are_refused_or_read(start, piece):
    assert_parses_or_is_refused(start + piece * ((1 << 16) // len(piece)))


def test_a_text_too_long_is_refused_unread_and_not_repeated_in_the_message():
    with pytest.raises(ParseError) as found:
        parse("any where " + "x" * MOST_CHARACTERS)

    assert found.value.diagnostics[0].code == "E100"
    assert len(str(found.value)) < 1_000


def test_a_long_line_is_not_repeated_in_the_message():
    with pytest.raises(ParseError) as found:
        parse("any where a in (" + "1, " * 100_000 + "'x')")

    assert len(str(found.value)) < 1_000


def test_half_a_surrogate_pair_is_refused_and_the_message_can_be_printed():
    with pytest.raises(ParseError) as found:
        parse('any where a == "\udc80"')

    assert str(found.value).encode()


def test_a_caller_deep_in_calls_gets_the_same_error():
    text = "any where " + "f(" * (LEVELS - 1) + "a" + ")" * (LEVELS - 1)

    def deep(left):
        return parse(text) if left == 0 else deep(left - 1)

    used = 0
    frame = sys._getframe()
    while frame is not None:
        used, frame = used + 1, frame.f_back
    with pytest.raises(ParseError, match="E111"):
        deep(sys.getrecursionlimit() - used - 120)


# Others' queries, beside the checkout


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not there")
@pytest.mark.parametrize("suite", ["parse_accept", "detection_rules_eql"])
def test_published_queries_parse_and_read_back(suite):
    for case in json.loads((SHARED / f"{suite}.json").read_text("utf-8")):
        text = case["query"]
        query = parse(text if "where" in text else f"any where {text}")
        assert parse(unparse(query)) == query, case["name"]
        for broken in (f"{text} )", text.replace("where", "where and", 1), f"any where {text} )"):
            with pytest.raises(ParseError):
                parse(broken)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not there")
def test_published_mistakes_of_syntax_are_refused():
    cases = [case for case in json.loads((SHARED / "errors.json").read_text("utf-8")) if case["stage"] == "parse"]

    assert cases
    for case in cases:
        texts = [case["query"], *([f"any where {case['query']}"] if case.get("kind") == "expression" else [])]
        for text in texts:
            with pytest.raises(ParseError):
                parse(text)
