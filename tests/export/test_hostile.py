"""Whatever a rule's author writes stays a text, and means the same: no value, name, title or index is more than that."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.export import literals, sigma_reader
from tests.export.test_meaning import PLATFORMS, document, found
from tests.material import rule

from comtrap.export import kibana, sigma
from comtrap.lang.parse import parse

# A word that stands nowhere but in values.
WORD = "zqx"
PIECES = [
    '"', '""', '"""', "'", "\\", "\\\\", "\\\"", "*", "?", "|", "| delete", "$a$", "$", "%a%", "%", "\n", "\r\n", "\t", "`", "```",
    "`m`", "//", "/*", "*/", "/", "#", ";", "(", ")", "[", "{", "}", "<", ">", "&", "@", "~", "é", "¦", "\u2028", "\x85", "\u00a0",
    " or ", " and ", "not ", ", ", "=", "=~", "a", "B", "1", ".", "+", "^", "\\n", "\\x41", "\\u0041", "{{x}}",
]  # fmt: skip
VALUES = st.lists(st.sampled_from(PIECES), max_size=5).map(lambda parts: "".join([*parts[:2], WORD, *parts[2:]]))
NAMES = VALUES.filter(lambda text: not re.fullmatch(r"[\w.@ -]+", text, re.ASCII)).map(lambda v: v.replace("`", "``"))


def quoted(text):
    for char, written in {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}.items():
        text = text.replace(char, written)
    return f'"{text}"'


def lucene(text):
    """A text as a regular expression that fits it alone."""
    return "".join(char if char.isalnum() else f"\\{char}" for char in text)


CONDITIONS = st.one_of(
    VALUES.map(lambda v: f"process.command_line : {quoted(v)}"),
    VALUES.map(lambda v: f"process.command_line : {quoted(f'*{v}*')}"),
    VALUES.map(lambda v: f"process.command_line == {quoted(v)}"),
    VALUES.map(lambda v: f"not process.command_line : {quoted(v)}"),
    VALUES.map(lambda v: f"process.name : {quoted(v)}"),
    VALUES.map(lambda v: f"endsWith~(process.command_line, {quoted(v)})"),
    VALUES.map(lambda v: f"stringContains~(process.command_line, {quoted(v)})"),
    VALUES.map(lambda v: f"process.command_line regex~ {quoted(lucene(v))}"),
    st.tuples(VALUES, VALUES).map(lambda vs: f"process.command_line in~ ({', '.join(map(quoted, vs))})"),
    st.tuples(VALUES, VALUES).map(lambda vs: f"process.command_line like~ ({', '.join(map(quoted, vs))})"),
    st.tuples(VALUES, VALUES).map(
        lambda vs: f"process.command_line : {quoted(vs[0])} or process.pe.original_file_name : {quoted(vs[1])}"
    ),
)


def spellings(condition):
    """Texts that are near what a condition names: itself, without one of its characters, with others for its wildcards."""
    texts = [literal.replace("\0", "\\") for literal in _literals(condition)]
    for text in texts:
        yield text
        yield text.upper()
        yield f"{text} x"
        yield f"x {text}"
        yield re.sub(r"[*?]", "y", text)
        yield text.replace("*", "").replace("?", "y")
        yield text.replace("*", "a\nb").replace("?", "\n")
        yield re.sub(r"[^\w\s]", "", text)
        yield text.replace("\\", "")
        yield text.replace("\n", "n").replace("\r", "r")
        yield text.replace("\\", "\\\\")


def _literals(condition):
    for found_ in re.finditer(r'"((?:[^"\\]|\\.)*)"', condition):
        text = re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}.get(m[1], m[1]), found_[1])
        yield text
        yield re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def documents(condition):
    texts = list(dict.fromkeys(spellings(condition)))
    names = [re.split(r"[\\]", text)[-1] for text in texts]
    return [
        document({"name": name, "parent": "p.exe", "command": text, "original": name})
        for text, name in zip(texts, names, strict=True)
    ]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@settings(max_examples=60, deadline=None)
@given(CONDITIONS)
def test_no_value_leaves_its_quotes(platform, condition):
    made = PLATFORMS[platform][0].export([rule(f'process where event.type == "start" and ({condition})')])
    assert made.files or made.notes
    for text in made.files.values():
        said = literals.outside(platform, text)
        assert WORD not in said.lower()
        assert said.count("(") == said.count(")")
        assert not set(said) & set("`;\r")


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@settings(max_examples=60, deadline=None)
@given(CONDITIONS)
def test_a_value_means_what_it_means_in_eql(platform, condition):
    target, reads, row = PLATFORMS[platform]
    query = f'process where event.type == "start" and ({condition})'
    made, events = target.export([rule(query)]), documents(condition)
    said = " ".join(note.text for note in made.notes)
    for text in made.files.values():
        holds, want = reads(text), found(query, events)
        got = {at for at, one in enumerate(events) if holds(row(one))}
        if "stands for it" in said or "case is not regarded" in said or "may also take in a folder" in said:
            assert got >= want or "not " in condition, text
        else:
            assert got == want, text


@settings(max_examples=80, deadline=None)
@given(CONDITIONS)
def test_sigma_means_the_same(condition):
    query = f'process where event.type == "start" and ({condition})'
    events = documents(condition)
    for text in sigma.export([rule(query)]).files.values():
        (again,) = sigma_reader.queries(text, "sysmon")
        assert found(again, events) == found(query, events), text


@settings(max_examples=50, deadline=None)
@given(VALUES, VALUES)
def test_what_a_sigma_rule_says_is_what_the_rule_says(title, value):
    one = rule(
        f'process where event.type == "start" and process.command_line : {quoted(value)}',
        name=title,
        description=value,
        setup=value,
        false_positives=(value,),
        references=(title,),
        author=(title,),
    )
    for text in sigma.export([one]).files.values():
        (read,) = yaml.safe_load_all(text)
        assert read["title"] == title
        assert read["falsepositives"] == [value]
        assert set(read) <= {
            "title", "id", "related", "status", "description", "references", "author", "tags", "logsource", "detection",
            "falsepositives", "level",
        }  # fmt: skip
        # Other readers take fewer characters for line breaks, and keep the blanks behind them.
        assert not re.search("[\x85\u2028\u2029]", text)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@settings(max_examples=30, deadline=None)
@given(NAMES, VALUES)
def test_no_name_of_a_field_and_no_title_is_more_than_that(platform, name, title):
    condition = f'process.name : "a.exe" or ?`winlog.event_data.{name}` : "b"'
    made = PLATFORMS[platform][0].export([rule(f'process where event.type == "start" and ({condition})', name=title)])
    for text in made.files.values():
        assert WORD not in literals.outside(platform, text)


@settings(max_examples=30, deadline=None)
@given(NAMES, VALUES)
def test_no_name_of_a_field_is_a_line_of_sigma(name, title):
    condition = f'process.name : "a.exe" or ?`winlog.event_data.{name}` : "b"'
    for text in sigma.export(
        [rule(f'process where event.type == "start" and ({condition})', name=title)]
    ).files.values():
        (read,) = yaml.safe_load_all(text)
        assert list(read["detection"]) == ["selection", "condition"]
        assert "|contains" not in str(list(read["detection"]["selection"]))


@pytest.mark.parametrize("index", ['a" | delete', "a | limit 0", "a\nb", "a // b", "a b", "`a`", "a,b"])
def test_no_index_is_more_than_a_name_in_esql(index):
    made = PLATFORMS["esql"][0].export([rule(index=("logs-*", index))])

    assert made.files == {}
    assert "no index can be called" in made.notes[0].text


@settings(max_examples=50, deadline=None)
@given(CONDITIONS, VALUES)
def test_kibana_gets_the_same_query(condition, text):
    one = rule(f'process where event.type == "start" and ({condition})', name=text, note=text, tags=(text,), setup=text)
    written = kibana.export([one]).files["kibana.ndjson"]
    lines = [json.loads(line) for line in written.split("\n") if line]
    assert len(lines) == 2
    assert parse(lines[0]["query"]) == one.query
    assert lines[0]["name"] == text


@pytest.mark.parametrize("condition", [r'process.name : "\\nb"', r'process.name == "a\\b"', r'process.name : "*\\*"'])
def test_a_name_with_a_backslash_has_no_form(condition):
    for target in (sigma, *(PLATFORMS[name][0] for name in ("splunk", "crowdstrike"))):
        made = target.export([rule(f'process where event.type == "start" and {condition}')])
        assert made.files == {}
        assert "with a backslash" in made.notes[0].text


ATOMS = st.sampled_from(
    [
        "a",
        "B",
        ".",
        "[ab]",
        "[^a]",
        "[a/]",
        "\\.",
        "\\/",
        "/",
        "\\\\",
        "\\n",
        "\\d",
        "\\w",
        "^",
        "$",
        '\\"',
        "\\*",
        " ",
        "é",
        "%",
        "`",
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=2).map("|".join),
        inner.map(lambda text: f"({text})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "*?"])).map(lambda pair: f"({pair[0]}){pair[1]}"),
    ),
    max_leaves=5,
)
MATCHES = st.tuples(EXPRESSIONS, st.sampled_from(["{}", ".*{}", "{}.*", ".*{}.*", ".*({}).*"])).map(
    lambda pair: f"process.command_line regex~ {quoted(pair[1].format(pair[0]))}"
)
COMMANDS = st.lists(st.text(st.sampled_from('aAbBnd1/\\."*^$ é%`\n'), max_size=5), min_size=1, max_size=8, unique=True)


@pytest.mark.parametrize("platform", ["sigma", *sorted(PLATFORMS)])
@settings(max_examples=60, deadline=None)
@given(MATCHES, COMMANDS)
def test_a_regular_expression_means_the_same(platform, condition, commands):
    events = [document({"name": "a.exe", "parent": "p.exe", "command": one}) for one in commands]
    query = f'process where event.type == "start" and {condition}'
    target, reads, row = (sigma, None, None) if platform == "sigma" else PLATFORMS[platform]
    for text in target.export([rule(query)]).files.values():
        if platform == "sigma":
            [again] = sigma_reader.queries(text, "sysmon")
            assert found(again, events) == found(query, events), text
        else:
            assert WORD not in literals.outside(platform, text)
            holds = reads(text)
            assert {at for at, one in enumerate(events) if holds(row(one))} == found(query, events), text
