"""Hypothesis strategies for documents and for right queries over them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

MAPPING = {
    "id": "long", "@timestamp": "date", "tie": "long", "event.category": "keyword", "h": "keyword",
    "k": "keyword", "l": "keyword", "n": "long", "m": "long", "x": "double", "b": "boolean", "d": "date", "ip": "ip", "v": "version",
    "dn": "date_nanos", "w": "wildcard", "t": {"type": "text", "fields": {"raw": {"type": "keyword"}}}, "label": "flattened",
    "f": {"type": "keyword", "null_value": "a"}, "s": {"type": "keyword", "ignore_above": 2, "fields": {"low": {"type": "keyword", "normalizer": "lowercase"}}},
    "k_alias": {"type": "alias", "path": "k"},
}  # fmt: skip
TEXTS = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "abc",
    "a*c",
    "b.c",
    "é",
    "É",
    "k",
    "\u212a",
    "s",
    "\u017f",
    "x y",
    "C:\\d\\e.exe",
    "10",
]
NUMBERS = [-3, -1, 0, 1, 2, 5, 10]
DOUBLES = [-0.5, 0.0, 1.5, 3.0, 10.0]
DATES = [
    "2024-02-29T12:00:00.000Z", "2024-03-05T00:00:00.000Z", "2024-03-05T10:20:30.500Z", "2024-03-05T23:59:59.999Z", "2024-03-06T00:00:00Z",
]  # fmt: skip
NANOS = ["2024-03-05T10:20:30.500Z", "2024-03-05T10:20:30.500000001Z", "2024-03-05T10:20:30.999999999Z", "2024-03-05"]
DATE_LITERALS = [*DATES, "2024", "2024-03", "2024-03-05", "2024-03-05T10", "2024-03-05T10:20", "2024-03-05T10:20:30"]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "2001:db8::1", "2001:0DB8::0:1"]
NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32"]
VERSIONS = ["1.0.0", "1.2.0", "1.10.0", "1.2.0-alpha", "1.2.0-beta.2", "none"]
CATEGORIES = ["p", "q"]
PATTERNS = ["*", "a*", "?", "??", "*c", "A?C", "a*c", "*\\*", "", "b", "É", "K", "S"]
REGEXES = [
    "a",
    "a.*",
    "[ab]+",
    "a|b",
    "(a|A)(bc)?",
    ".*",
    ".",
    "[^a]",
    "a\\\\*c",
    "\\\\w+",
    "a{1,2}b?",
    "K|S",
    "[J-L]",
    "[^k]",
]
LUCENE_ONLY = ["@", "a#?", "<0-10>", '\\"a*\\"c']
REGEXES += [*LUCENE_ONLY, "(a|b)*c?", "\\\\W.*", "[^\\\\w]", "a?b+"]
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]


def weighted(values: list[Any]) -> st.SearchStrategy[Any]:
    """One of the values, the more often the more often it is listed, which `sampled_from` does not promise."""
    return st.integers(0, len(values) - 1).map(values.__getitem__)


def _some(pool: list[Any]) -> st.SearchStrategy[Any]:
    """No value, one, null, or several; one choice only, so that many documents fit in one example."""
    pairs = [[first, second] for first, second in zip(pool, pool[2:] + pool[:2], strict=True)]
    return weighted([*pool, *pool, ..., ..., None, [], [None], [None, pool[0]], [pool[0], pool[0]], *pairs[:3]])


# Some fields are mapped in the first of two indices only.
PARTS = (MAPPING, {name: kind for name, kind in MAPPING.items() if name not in {"x", "b", "ip"}})


def parts(documents: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """Documents, by their ``id``, in two indices: name, documents, flat mapping."""
    half = len(documents) * 2 // 3
    fitting = [{name: v for name, v in document.items() if name in PARTS[1]} for document in documents[half:]]
    return [("i", documents[:half], PARTS[0]), ("j", fitting, PARTS[1])]


@st.composite
def documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    pools = {
        "k": TEXTS, "l": TEXTS, "n": NUMBERS, "m": NUMBERS, "x": DOUBLES, "b": [True, False], "d": DATES,
        "ip": ADDRESSES, "v": VERSIONS, "event.category": CATEGORIES, "tie": [0, 1, 2], "dn": NANOS, "w": TEXTS, "t": TEXTS, "f": TEXTS, "s": TEXTS,
        "label": [{"a": "x"}, {"a": "y", "b": 1}],
    }  # fmt: skip
    made = []
    for number in range(draw(weighted([0, 1, 4, 8, 8, 12, 12, 16]))):
        fields = {name: draw(_some(pool)) for name, pool in pools.items()}
        fields["h"] = draw(weighted([..., "x", "x", "x", "x", "y", ["x", "y"]]))
        fields["tie"] = draw(st.sampled_from([..., 0, 1, 2]))
        fields |= {"id": number, "@timestamp": draw(st.integers(0, 6)) * 1000}
        made.append({name: value for name, value in fields.items() if value is not ...})
    return made


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3).map(lambda found: f"({', '.join(found)})")


TEXT = st.sampled_from(TEXTS).map(quoted)
NUMBER = st.sampled_from(NUMBERS).map(str)
LOGIC = st.sampled_from(["true", "false", "null"])
OPTIONAL = st.sampled_from(["?k", "?l", "?nothing"])


@st.composite
def texts(draw: st.DrawFn, depth: int = 1, *, constant: bool = False) -> str:
    """An expression that is text, with a field in it or of constants alone."""
    fields = ["k", "l", "k", "l", "?k", "w", "t", "t.raw", "f", "s", "k_alias", "label.a", "?nothing"]
    plain = TEXT | TEXT | TEXT | st.just("null") if constant else st.sampled_from(fields)
    if depth == 0:
        return draw(plain)
    inner = texts(depth - 1, constant=constant)
    other = st.sampled_from(["null", "1.5", "true"] if constant else ["n", "b", "x", "null"])
    return draw(
        st.one_of(
            plain,
            plain,
            st.builds("concat({}, {})".format, inner, inner | TEXT | NUMBER),
            st.builds("concat({}, {})".format, inner, other),
            st.builds("substring({}, {})".format, inner, NUMBER | st.just("null")),
            st.builds("substring({}, {}, {})".format, inner, NUMBER, NUMBER | st.just("null")),
            st.builds(
                "between{}({}, {}, {}, {})".format, tilde(), inner, TEXT, TEXT, st.sampled_from(["true", "false"])
            ),
            st.builds("between({}, {}, {})".format, inner, inner if constant else TEXT, TEXT),
            st.builds(
                "{}({})".format, st.sampled_from(["string", "STRING"]), numbers(depth - 1, constant=constant) | inner
            )
            if constant
            else st.builds("string({})".format, st.sampled_from(["n", "b", "k", "x", "d", "ip", "v"])),
        )
    )


def tilde() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "~"])


@st.composite
def numbers(draw: st.DrawFn, depth: int = 1, *, constant: bool = False) -> str:
    """An expression that is a number, with a field in it or of constants alone."""
    plain = (
        NUMBER | NUMBER | st.sampled_from(["1.5", "null"])
        if constant
        else st.sampled_from(["n", "m", "x", "n", "?nothing"])
    )
    if depth == 0:
        return draw(plain)
    inner = numbers(depth - 1, constant=constant)
    text = texts(depth - 1, constant=constant)
    divisor = inner if constant else st.sampled_from(["2", "-3", "1.5"])
    return draw(
        st.one_of(
            plain,
            plain,
            st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner | NUMBER | st.just("1.5")),
            st.builds("({} {} {})".format, inner, st.sampled_from(["/", "%"]), divisor),
            st.builds("{}({}, {})".format, st.sampled_from(["add", "SUBTRACT", "multiply"]), inner, inner | NUMBER),
            st.builds("(-({}))".format, inner),
            st.builds("length({})".format, text),
            st.builds("number({})".format, text) if constant else st.just("number(string(n))"),
            st.builds("indexOf{}({}, {})".format, tilde(), text, TEXT),
            st.builds(
                "indexOf({}, {}, {})".format,
                text,
                st.sampled_from(['"a"', '"b"']),
                NUMBER | st.just("null"),
            ),
        )
    )


def boolean_calls(*, constant: bool = False) -> st.SearchStrategy[str]:
    names = st.sampled_from(["startsWith", "endsWith", "stringContains", "STARTSWITH"])
    source = texts(constant=True) if constant else texts() | OPTIONAL
    address = st.sampled_from(ADDRESSES).map(quoted) if constant else st.sampled_from(["ip", "?nothing"])
    networks = st.lists(st.sampled_from(NETWORKS).map(quoted), min_size=1, max_size=2).map(", ".join)
    return st.one_of(
        st.builds(
            "{}{}({}, {})".format, names, tilde(), source, TEXT | (texts(constant=True) if constant else OPTIONAL)
        ),
        st.builds("cidrMatch({}, {})".format, address, networks),
    )


COMPARE = st.sampled_from(COMPARISONS)
LIKE = st.sampled_from([":", "like", "like~"])
REGEX = st.sampled_from(["regex", "regex~"])
WITHIN = st.sampled_from(["in", "not in", "in~", "not in~"])
PATTERN = st.sampled_from(PATTERNS).map(quoted)
EXPRESSION = st.sampled_from(REGEXES).map('"{}"'.format)
JAVA = st.sampled_from([regex for regex in REGEXES if regex not in LUCENE_ONLY]).map('"{}"'.format)
NULL_TOO = st.sampled_from(["true", "false", "null"])


def constants() -> st.SearchStrategy[str]:
    """A condition without fields."""
    text, number = texts(constant=True), numbers(constant=True)
    return st.one_of(
        st.builds("{} {} {}".format, text, COMPARE, text),
        st.builds("{} {} {}".format, number, COMPARE, number),
        st.builds("({} {} {})".format, text, LIKE, PATTERN | listed(PATTERN)),
        st.builds("({} {} {})".format, text, REGEX, JAVA | listed(JAVA)),
        st.builds("({} {} {})".format, text, WITHIN, listed(text)),
        st.builds("(({}) {} {})".format, number, st.sampled_from(["in", "not in"]), listed(number)),
        boolean_calls(constant=True),
        NULL_TOO,
    )


def on_types() -> st.SearchStrategy[str]:
    """Conditions on dates, addresses, versions, and on what a mapping makes of texts."""
    same = st.sampled_from(["==", "!="])
    within = st.sampled_from(["in", "not in"])
    date, address = st.sampled_from(DATE_LITERALS + NANOS).map(quoted), st.sampled_from(ADDRESSES).map(quoted)
    network, version = st.sampled_from(NETWORKS).map(quoted), st.sampled_from(VERSIONS).map(quoted)
    return st.one_of(
        st.builds("{} {} {}".format, st.sampled_from(["d", "dn", "?d"]), COMPARE, date),
        st.builds("d {} {}".format, COMPARE, st.integers(1709510400000, 1709683200000).map(str)),
        st.builds("{} {} {}".format, date, COMPARE, st.sampled_from(["d", "dn"])),
        st.builds("{} {} {}".format, st.sampled_from(["d", "dn"]), within, listed(date)),
        st.builds("ip {} {}".format, COMPARE, address | network),
        st.builds("{} {} ip".format, address, COMPARE),
        st.builds("ip {} {}".format, within, listed(address | network)),
        st.builds("v {} {}".format, COMPARE, version),
        st.builds("v {} {}".format, within, listed(version)),
        st.builds("s.low {} {}".format, same, TEXT),
        st.builds("s.low {} {}".format, WITHIN, listed(TEXT)),
        st.builds("s.low {} {}".format, LIKE, PATTERN | listed(PATTERN)),
        st.builds("s.low {} {}".format, REGEX, EXPRESSION),
        st.builds("label {} {}".format, same, st.sampled_from(['"x"', '"y"', '"1"'])),
        st.builds("label.b {} {}".format, same, st.sampled_from(['"1"', "1", "null"])),
        st.builds("n {} {}".format, COMPARE, st.sampled_from(['"5"', '"-1"', '"1.5"'])),
        st.builds("b {} {}".format, same, st.sampled_from(['"true"', '"false"'])),
        st.builds("k {} {}".format, COMPARE, st.sampled_from(["10", "1.5"])),
    )


def leaves() -> st.SearchStrategy[str]:
    """One comparison, match or call."""
    return st.one_of(
        st.builds("{} {} {}".format, texts(), COMPARE, TEXT | texts(constant=True)),
        st.builds("{} {} {}".format, numbers(), COMPARE, NUMBER | st.sampled_from(["1.5", "(1 + 1)"])),
        st.builds("{} {} {}".format, NUMBER, COMPARE, st.sampled_from(["n", "x"])),
        st.builds("{} {} {}".format, TEXT, COMPARE, texts()),
        st.builds("{} {} {}".format, texts(), LIKE, PATTERN | listed(PATTERN)),
        st.builds(
            "{} {} {}".format, st.sampled_from(["k", "l", "t", "w", "s"]), REGEX, EXPRESSION | listed(EXPRESSION)
        ),
        st.builds("{} {} {}".format, texts(), REGEX, JAVA | listed(JAVA)),
        st.builds("{} {} {}".format, texts(), WITHIN, listed(TEXT)),
        st.builds("{} {} {}".format, texts(), WITHIN, listed(TEXT | texts(constant=True))),
        st.builds("{} {} {}".format, numbers(), st.sampled_from(["in", "not in"]), listed(NUMBER | st.just("1.5"))),
        on_types(),
        constants(),
        st.builds(
            "{} {} null".format,
            st.sampled_from(["k", "n", "b", "d", "ip", "t", "s", "label", "?nothing"]),
            st.sampled_from(["==", "!="]),
        ),
        st.builds("{} {} null".format, texts() | numbers(), st.sampled_from(["==", "!="])),
        st.builds(
            "{}{}".format,
            st.sampled_from(["b", "?b", "?nothing"]),
            st.sampled_from(["", " == true", " == false", " != true", " != false"]),
        ),
        st.builds("{} {} {}".format, OPTIONAL, st.sampled_from(["==", "!=", ":", "<"]), TEXT),
        boolean_calls(),
        st.builds("{} {} {}".format, boolean_calls(), st.sampled_from(["==", "!="]), NULL_TOO),
        st.builds("(k in {}) == {}".format, listed(TEXT), NULL_TOO),
        st.builds("(k == {} {} n > {}) == {}".format, TEXT, st.sampled_from(["and", "or"]), NUMBER, LOGIC),
        st.builds("(not (k {} {})) == {}".format, LIKE, PATTERN, LOGIC),
        st.builds("({} {} {}) {} {}".format, texts(), LIKE, PATTERN, st.sampled_from(["==", "!="]), LOGIC),
        st.builds("(n {} {}) == {}".format, COMPARE, NUMBER, NULL_TOO),
        st.sampled_from(["true", "false", "null"]),
    )


CONDITIONS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
    ),
    max_leaves=5,
)


def events(conditions: st.SearchStrategy[str] = CONDITIONS) -> st.SearchStrategy[str]:
    return st.builds("{} where {}".format, weighted(["any", "any", "any", "p", "q"]), conditions)


def pipes() -> st.SearchStrategy[str]:
    pipe = st.builds(" | {} {}".format, st.sampled_from(["head", "tail"]), st.integers(0, 5))
    return weighted([*[st.just("")] * 4, st.lists(pipe, min_size=1, max_size=2).map("".join)]).flatmap(lambda s: s)


def event_queries() -> st.SearchStrategy[str]:
    return st.builds("{}{}".format, events(), pipes())


# Stages that are often met, so that there is something to join.
OFTEN = weighted(["true", "true", "n != 0", 'not k : "a*"', "b != true", 'x > 0 or k != "b"'])
STAGES = events(weighted([OFTEN, OFTEN, OFTEN, OFTEN, leaves()]).flatmap(lambda chosen: chosen))
BY = [
    "",
    "by h",
    "by h",
    "by ?h",
    "by h, ?b",
    "by ?nothing",
    "by ?k",
    "by n",
    "by b",
    "by x",
    "by ?d",
    "by ip",
    "by ?v",
    "by k_alias",
    "by label.a",
    "by t",
    "by ?s",
    "by ?dn",
]
OWN = [["k", "l", "?k", "w", "f"], ["n", "m", "?n"], ["d", "?d", "@timestamp"], ["?nothing", "?nihil", "?h"]]


@st.composite
def sequences(draw: st.DrawFn) -> str:
    missing = draw(st.booleans())
    count = draw(st.integers(2, 4))
    brackets = [
        "[",
        *draw(st.lists(st.sampled_from(["[", "![" if missing else "["]), min_size=count - 1, max_size=count - 1)),
    ]
    brackets = draw(st.permutations(brackets))
    spans = ["with maxspan=1s", "with maxspan=2s", "with maxspan=3s"]
    span = draw(st.sampled_from(spans if "![" in brackets else ["", *spans]))
    own = draw(weighted([None, None, None, *OWN]))  # keys of each stage's own, whose names may differ
    by = [f" by {draw(st.sampled_from(own))}" if own else "" for _ in range(count + 1)]
    runs = [draw(weighted(["", "", "", "", " with runs=2", " with runs=1"])) for _ in range(count)]
    stages = " ".join(f"{b}{draw(STAGES)}]{k}{r}" for b, k, r in zip(brackets, by[1:], runs, strict=True))
    until = draw(
        weighted([st.just(""), st.just(""), st.builds((" until [{}]" + by[0]).format, events(leaves()))]).flatmap(
            lambda chosen: chosen
        )
    )
    common = draw(weighted(BY))
    return f"sequence {common} {span} {stages}{until}{draw(pipes())}"


@st.composite
def samples(draw: st.DrawFn) -> str:
    own = draw(weighted([None, None, *OWN]))
    made = [f"[{stage}]" for stage in draw(st.lists(STAGES, min_size=2, max_size=3))]
    stages = " ".join(f"{stage} by {draw(st.sampled_from(own))}" if own else stage for stage in made)
    return f"sample {draw(weighted(BY[1:]))} {stages}"


def requests() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"size": weighted([0, 1, 2, 3, 10, *[50] * 10])},
        optional={
            "tiebreaker_field": st.just("tie"),
            "result_position": st.sampled_from(["head", "tail"]),
            "max_samples_per_key": st.integers(1, 3),
        },
    )
