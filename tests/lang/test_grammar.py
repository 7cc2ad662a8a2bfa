from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from comtrap.lang import cursor, expressions, parse, structure, tokens

GRAMMAR = (Path(__file__).parents[2] / "docs" / "grammar.ebnf").read_text("utf-8")
RULES = dict(re.findall(r"^(\w+) := (.+)$", GRAMMAR, re.MULTILINE))
SOURCE = inspect.getsource(parse) + inspect.getsource(expressions)
METHODS = re.findall(r"^    # (\w+) := (.+)\n    def (\w+)\(", SOURCE, re.MULTILINE)


def test_every_rule_of_the_grammar_stands_above_the_method_of_its_name():
    assert {name: line for name, line, _ in METHODS} == RULES
    assert [name for name, _, method in METHODS if name != method] == []


def test_every_name_in_a_rule_is_a_rule_or_a_token():
    used = {name for line in RULES.values() for name in re.findall(r"\w+", re.sub(r'"[^"]*"', "", line))}
    described = set(re.findall(r"^   ([A-Z_]+)  ", GRAMMAR, re.MULTILINE))

    assert used - set(RULES) == described


def test_every_rule_is_used():
    used = {name for line in RULES.values() for name in re.findall(r"\w+", re.sub(r'"[^"]*"', "", line))}

    assert set(RULES) - used == {"statement"}


def test_the_grammar_names_every_keyword():
    listed = re.search(r"Keywords\s+((?:[a-z~]+\s+)+)", GRAMMAR)

    assert listed is not None
    assert set(listed.group(1).split()) == tokens.KEYWORDS | tokens.CASELESS_OPERATORS


@pytest.mark.parametrize(
    "limit", [cursor.MOST_CHARACTERS, cursor.LEVELS, structure.MOST_STAGES, structure.MOST_RUNS, *parse.UNITS_MS]
)
def test_the_grammar_states_every_limit(limit):
    assert re.search(rf"\b{limit:,}\b" if isinstance(limit, int) else rf"\b{limit}\b", GRAMMAR)
