"""A layout keeps every word and every comment, and is one text whatever it was made of."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lang import strategies
from tests.spec.corpus import HERE, read

from comtrap.errors import ParseError
from comtrap.lang.cursor import LEVELS
from comtrap.lang.layout import WIDTH, layout
from comtrap.lang.parse import parse
from comtrap.lang.tokens import tokenise
from comtrap.lang.unparse import unparse
from comtrap.lang.words import words

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "eql" / "conformance"
BETWEEN = ("\n", "\n\n", "\t", "// one\n", "//two  \n", "/* in */", "/* over  \n  lines */", "\r\n")


def comments(text):
    """All comments of a query, in no order."""
    return sorted(text for w in words(text) for text in [*(c.text for c in w.before), *w.after])


def assert_kept(text):
    """A layout of the text is the same query, has its comments, and is its own layout."""
    found = layout(text)

    assert parse(found) == parse(text)
    assert comments(found) == comments(text)
    assert layout(found) == found


@st.composite
def spaced_out(draw):
    """A query with blanks, line breaks and comments anywhere between its words."""
    tokens, _ = tokenise(unparse(draw(strategies.queries())))
    gaps = st.just("") | st.just("") | st.lists(st.sampled_from(BETWEEN), max_size=4).map("".join)
    return "".join(f" {draw(gaps)}{token.text}" for token in tokens)


@given(spaced_out())
def test_query_and_comments_are_kept_and_a_layout_is_its_own(text):
    assert_kept(text)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.spec")), ids=lambda path: path.stem)
def test_every_query_of_the_corpus_is_kept(path):
    kept = 0
    for case in read(path):
        try:
            parse(case.text)
        except ParseError:
            continue
        assert_kept(case.text)
        kept += 1
    assert kept


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/comtrap/packs/*/*/*.toml")), ids=lambda path: path.stem)
def test_every_rule_of_the_packs_is_kept(path):
    query = tomllib.loads(path.read_text("utf-8")).get("query")
    if query is not None:
        assert_kept(query)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="shared material is absent")
@pytest.mark.parametrize(("name", "least"), [("detection_rules_eql", 640), ("protections_artifacts_eql", 300)])
def test_every_production_rule_is_kept(name, least):
    kept = 0
    for rule in json.loads((SHARED / f"{name}.json").read_text("utf-8")):
        try:
            parse(rule["query"])
        except ParseError:
            continue
        assert_kept(rule["query"])
        kept += 1
    assert kept >= least


def test_a_wrong_text_is_refused():
    with pytest.raises(ParseError):
        layout("process where (")


LONG = f'"{"x" * 40}"'


@pytest.mark.parametrize(
    ("written", "laid_out"),
    [
        ("process  where\n\n  a==1", "process where a == 1"),
        ("any where a==1 and\n not(b or c)", "any where a == 1 and not (b or c)"),
        ('any where x:"a"|head 5|tail 2', 'any where x : "a" | head 5 | tail 2'),
        ("any where f ( a,b ) in~( 1,2 )", "any where f(a, b) in~ (1, 2)"),
        ("any where a--1 == - b", "any where a - -1 == -b"),
        ("any where a+ -(-1) == +2", "any where a + -(-1) == +2"),
        ("any where ? a . any . `b c`", "any where ?a.any.`b c`"),
        ("any where a.or - 1 == 2", "any where a.or - 1 == 2"),
        (
            "sequence by a,?b with maxspan = 5 m [a where b]by c with runs = 2![d where e]by f|tail 1",
            "sequence by a, ?b with maxspan=5m\n  [a where b] by c with runs=2\n  ![d where e] by f\n| tail 1",
        ),
        (
            "sequence[a where b][c where d]until[any where e]",
            "sequence\n  [a where b]\n  [c where d]\n  until [any where e]",
        ),
        ("sample by a [b where c] [d where e]", "sample by a\n  [b where c]\n  [d where e]"),
    ],
)
def test_what_is_short_stands_on_one_line(written, laid_out):
    assert layout(written) == laid_out


@pytest.mark.parametrize(
    "words",
    ['any where x like~ "a"', 'any where x : "C:\\\\a"', 'any where x : """C:\\a"""', "any where x == 1e3", "any where x == 007",
     "any where `x` == .5", "sequence with maxspan=60s\n  [a where b]\n  [c where d]"],
)  # fmt: skip
def test_words_stay_as_they_were_written(words):
    assert layout(words) == words


@pytest.mark.parametrize(
    ("written", "laid_out"),
    [
        ("any where (a)", "any where a"),
        ("any where ((a and (b)))", "any where a and b"),
        ("any where (a == 1) and (not b)", "any where a == 1 and not b"),
        ("any where not ((a or b))", "any where not (a or b)"),
        ("any where f((a), ((b))) in ((1))", "any where f(a, b) in (1)"),
        ("any where (a and b) or c", "any where (a and b) or c"),
        ("any where (a and b) and c", "any where (a and b) and c"),
        ("any where not (a == 1)", "any where not (a == 1)"),
        ("any where (a) == 1", "any where (a) == 1"),
        ("any where -(5) == 1", "any where -(5) == 1"),
        ("any where (a) // why", "any where a // why"),
        ("any where /* why */ (a)", "any where /* why */ (a)"),
    ],
)
def test_parentheses_that_say_nothing_go(written, laid_out):
    assert layout(written) == laid_out


def test_a_long_condition_has_an_operand_a_line_and_lists_are_filled():
    text = """\
process where event.type == "start" and
  process.parent.name : ("winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe") and
  not (
    process.executable : "C:\\\\Program Files\\\\*" and process.code_signature.trusted == true or
    process.command_line : (
      "*one long pattern of a command line*", "*another long pattern of a command line*",
      "*and a third, so that it is too long*"
    )
  ) and
  process.args_count > 2
| tail 10"""

    assert layout(text.replace("\n", " ")) == text


def test_what_says_which_events_are_meant_shares_a_line():
    text = f"""\
process where host.os.type == "windows" and event.type == "start" and event.code in ("1", "4688") and
  event.provider : "Microsoft-Windows-Sysmon" and
  process.name == {LONG} and
  event.action == "x\""""

    assert layout(text.replace("\n", " ")) == text
    assert layout(f"any where\n\nevent.a and event.b and x : ({LONG}, {LONG})").startswith(
        "any where event.a and event.b and\n"
    )


def test_alternatives_stand_below_each_other():
    text = f"""\
any where
  aaaa == {LONG} or
  bbbb == {LONG} and cccc == {LONG} or
  dddd == {LONG} and
    eeee == {LONG} and
    ffff == {LONG}"""

    assert layout(text.replace("\n", " ")) == text


def test_what_has_to_be_broken_does_not_begin_behind_where():
    text = f"""\
any where
  x : (
    {LONG}, {LONG},
    {LONG}
  )"""

    assert layout(text.replace("\n", " ")) == text


def test_the_end_of_a_broken_stage_carries_its_keys():
    text = """\
sequence
  [process where process.name in ("powershell.exe", "pwsh.exe", "wscript.exe", "cscript.exe") and
    process.args : "*New-Object*"] by process.entity_id with runs=2
  [network where destination.port == 135] by process.entity_id"""

    assert layout(text.replace("\n", " ")) == text


def test_the_last_of_several_lists_is_broken():
    text = f"""\
any where a == 1 and
  f(b, c) in (
    {LONG}, {LONG},
    {LONG}
  )"""

    assert layout(text.replace("\n", " ")) == text


def test_what_cannot_be_broken_stays_whole():
    long = "a" * WIDTH

    assert layout(f'any where x == "{long}"') == f'any where\n  x == "{long}"'


def test_a_layout_goes_as_deep_as_a_query():
    assert_kept("any where " + "not (a or " * (LEVELS // 2 - 1) + "b" + ")" * (LEVELS // 2 - 1))


def test_comments_stay_where_they_stand():
    text = """\
// what it is about

process where
  // only starts
  event.type == "start" and  // of anything
  /* which */ process.name : (
    "a.exe", "b.exe", // two of one kind
    // and one of another
    "c.exe"
    // "d.exe"
  ) and

  /* over
     two lines */
  process.pid ==
    // the answer
    42
// the end"""

    assert layout(text) == text.replace("and  //", "and //")


def test_comments_pass_operators_and_commas_that_go_to_the_end_of_the_line():
    written = """\
any where a // first
  // second
  and b in (1 // one
  , 2 /* two */, 3)"""

    assert (
        layout(written)
        == """\
any where a and // first
  // second
  b in (
    1, // one
    2, /* two */ 3
  )"""
    )


def test_comments_in_a_sequence_stay_with_their_stages():
    text = """\
// about it
sequence by host.id // every host
  // the first
  [process where a] // it starts

  // the second
  [process where b // why
  ]
  until [process where c] // it ends
| tail 1 // the last"""

    assert layout(text) == text


def test_a_query_with_comments_above_and_behind_is_still_short():
    assert layout("// above\nany where a\n  and b // behind") == "// above\nany where a and b // behind"
    assert layout("any where a\n/* below */") == "any where a\n/* below */"


def test_one_blank_line_stays_between_lines_and_none_at_their_ends():
    written = f"\n\nany where\n\n a == {LONG} and\n\n\n b == {LONG}\n\n and c == {LONG} and (\n\n d == {LONG} or e == {LONG}\n\n)\n\n"

    assert (
        layout(written)
        == f"""\
any where a == {LONG} and

  b == {LONG} and

  c == {LONG} and
  (d == {LONG} or e == {LONG})"""
    )


def test_line_ends_of_all_systems_are_line_ends():
    assert layout("any where a // x\r\n and b // y\rand c") == layout("any where a // x\n and b // y\nand c")
