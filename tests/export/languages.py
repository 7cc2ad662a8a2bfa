"""What the platforms' own languages mean, as far as our queries use them: read from text, run on one row.

Sources: the documentation of each language. A row is a mapping of fields; what is not there is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Row = "Mapping[str, Any]"
TEXT = r'"((?:[^"\\]|\\.)*)"'
NUMBER = r"(-?\d+)"
ORDER = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}


@dataclass
class Language:
    """Clauses by pattern, each with what it means; and whether `or` binds tighter than `and`."""

    clauses: list[tuple[str, Callable[[re.Match[str]], Callable[[Row], bool | None]]]]
    words: tuple[str, str, str]
    or_first: bool = False

    def compile(self, text: str) -> Callable[[Row], bool | None]:
        return _Reader(text, self).whole()


class _Reader:
    """Recursive descent over one expression; three-valued, which two-valued languages never notice."""

    def __init__(self, text: str, language: Language) -> None:
        self.text, self.at, self.language = text, 0, language
        self.clauses = [(re.compile(pattern), make) for pattern, make in language.clauses]

    def whole(self):
        made = self.loose()
        self.blank()
        assert self.at == len(self.text), f"not understood: {self.text[self.at : self.at + 80]!r}"
        return made

    def loose(self):
        """The operator that binds least."""
        return self.chain(self.tight, _all) if self.language.or_first else self.chain(self.tight, _any)

    def tight(self):
        return self.chain(self.single, _any) if self.language.or_first else self.chain(self.single, _all)

    def chain(self, part, join):
        conjunction, disjunction, _ = self.language.words
        word = conjunction if join is _all else disjunction
        parts = [part()]
        while self.taken(word) if word else self.more():
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(parts)

    def more(self):
        """Whether something follows that no word joins: an `and` that goes without saying."""
        self.blank()
        return self.at < len(self.text) and self.text[self.at] != ")"

    def single(self):
        if self.taken(self.language.words[2]):
            inner = self.single()
            return lambda row: None if inner(row) is None else not inner(row)
        self.blank()
        for pattern, make in self.clauses:
            if found := pattern.match(self.text, self.at):
                self.at = found.end()
                return make(found)
        assert self.text[self.at : self.at + 1] == "(", f"no clause: {self.text[self.at : self.at + 80]!r}"
        self.at += 1
        made = self.loose()
        self.blank()
        assert self.text[self.at : self.at + 1] == ")", f"expected ): {self.text[self.at : self.at + 80]!r}"
        self.at += 1
        return made

    def taken(self, word):
        self.blank()
        found = re.compile(rf"{word}\b").match(self.text, self.at)
        if found:
            self.at = found.end()
        return bool(found)

    def blank(self):
        self.at = re.compile(r"\s*").match(self.text, self.at).end()


def _all(parts):
    def run(row):
        said = [part(row) for part in parts]
        return False if False in said else None if None in said else True

    return run


def _any(parts):
    def run(row):
        said = [part(row) for part in parts]
        return True if True in said else None if None in said else False

    return run


def search(pattern, value, flags=0):
    """Look for a regular expression; a dollar is the very end, as it is where no line is one of several."""
    ends = re.sub(
        r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", lambda m: r"\Z" if m[0] == "$" else m[0], pattern, flags=re.DOTALL
    )
    return re.search(ends, value, flags)


def unquoted(text):
    """A text between quotes, its escapes resolved."""
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}.get(m[1], m[1]), text, flags=re.DOTALL)


def spl_unquoted(text):
    """Splunk escapes quotes and backslashes alone."""
    return re.sub(r'\\(["\\])', r"\1", text)


def texts(listed):
    return [unquoted(one) for one in re.findall(TEXT, listed)]


LIST = rf"\(((?:{TEXT.replace('(', '(?:', 1)}(?:, )?)+)\)"


# Kusto: strings are never null, and compare without case except with ==.
def _kql(name, test):
    return lambda row: test(str(row.get(name, "")).lower())


KQL = Language(
    [
        (rf"(\w+) matches regex {TEXT}", lambda m: lambda row: bool(search(unquoted(m[2]), str(row.get(m[1], ""))))),
        (rf"(\w+) endswith {TEXT}", lambda m: _kql(m[1], lambda v: v.endswith(unquoted(m[2]).lower()))),
        (rf"(\w+) startswith {TEXT}", lambda m: _kql(m[1], lambda v: v.startswith(unquoted(m[2]).lower()))),
        (rf"(\w+) contains {TEXT}", lambda m: _kql(m[1], lambda v: unquoted(m[2]).lower() in v)),
        (rf"(\w+) =~ {TEXT}", lambda m: _kql(m[1], lambda v: v == unquoted(m[2]).lower())),
        (rf"(\w+) in~ {LIST}", lambda m: _kql(m[1], lambda v: v in [one.lower() for one in texts(m[2])])),
        (rf"(\w+) in {LIST}", lambda m: lambda row: row.get(m[1], "") in texts(m[2])),
        (rf"(\w+) == {TEXT}", lambda m: lambda row: row.get(m[1], "") == unquoted(m[2])),
        (rf"(\w+) == {NUMBER}", lambda m: lambda row: row.get(m[1]) is not None and int(row[m[1]]) == int(m[2])),
        (rf"(\w+) ([<>]=?) {NUMBER}", lambda m: lambda row: m[1] in row and ORDER[m[2]](int(row[m[1]]), int(m[3]))),
    ],
    ("and", "or", "not"),
)


def kql(query: str) -> Callable[[Row], bool]:
    """A table, then filters and columns; columns that a filter names are the table's or were made."""
    table, *steps = [line for line in query.rstrip("\n").split("\n") if not line.startswith("//")]
    made = []
    for step in steps:
        kind, _, rest = step.removeprefix("| ").partition(" ")
        assert kind in {"where", "extend"}
        made.append((kind, KQL.compile(rest) if kind == "where" else _columns(rest)))

    def run(row):
        if row["table"] != table:
            return False
        row = dict(row)
        for kind, step in made:
            if kind == "extend":
                row |= {name: row["EventData"].get(name, "") for name in step if name in row["EventData"]}
            elif step(row) is not True:
                return False
        return True

    return run


def _columns(text):
    dynamic = r"(\w+) = (?:tostring|toint)\(EventData\.(\w+)\)"
    xml = r"""(\w+) = extract\('<Data Name="(\w+)">\(\[\^<\]\*\)', 1, EventData\)"""
    names = []
    for one in re.split(r"(?<=\)), ", text):
        found = re.fullmatch(dynamic, one) or re.fullmatch(xml, one)
        assert found, one
        assert found[1] == found[2]
        names.append(found[1])
    return names


def kql_sequence(query: str) -> Callable[[list[Row]], bool]:
    """Stages under names, then joins of them: whether rows have what the joins ask for."""
    lines = "\n".join(line for line in query.rstrip("\n").split("\n") if not line.startswith("//"))
    *lets, last = re.split(r";\n", lines)
    stages = dict(map(_stage, lets))
    ways = re.fullmatch(r"union \((.*)\)", last, re.DOTALL)
    joins = [_join(one) for one in (re.split(r"\), \((?=\w+\n)", ways[1]) if ways else [last])]

    def run(rows):
        held = {name: [found for row in rows if (found := stage(row)) is not None] for name, stage in stages.items()}
        return any(join(held) for join in joins)

    return run


def _stage(text):
    pattern = r"let (\w+) = (.*)\n\| project Time = TimeGenerated, (.*)\n\| where (isnotempty.*)"
    name, events, keys, kept = re.fullmatch(pattern, text, re.DOTALL).groups()
    names = re.findall(r"Key\d+ = tostring\((\w+)\)", keys)
    assert kept == " and ".join(f"isnotempty(Key{number})" for number in range(1, len(names) + 1))
    holds = kql(events)

    def run(row):
        if not holds(row):
            return None
        found = [str(row.get(one) or row["EventData"].get(one) or "") for one in names]
        return (row["TimeGenerated"], *found) if all(found) else None

    return name, run


def _join(text):
    pattern = (
        r"(\w+)\n\| project-rename Time1 = Time\n\| join kind=inner \((\w+) \| project-rename Time2 = Time\) on ((?:Key\d+(?:, )?)+)\n"
        r"\| where Time2 >= Time1 and Time2 - Time1 <= (\d+)([smhd])"
    )
    one, two, _, count, unit = re.fullmatch(pattern, text).groups()
    span = timedelta(seconds=int(count) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit])
    return lambda held: any(
        a[1:] == b[1:] and timedelta(0) <= b[0] - a[0] <= span for a in held[one] for b in held[two]
    )


# ES|QL: null makes a comparison null, and so do several values.
def _value(text):
    """An expression of fields and functions, as what it gives for a row."""
    if found := re.fullmatch(r"to_lower\((.*)\)", text):
        lowered = _value(found[1])
        return lambda row: _lower(lowered(row))
    if found := re.fullmatch(r'mv_concat\((.*), "¦"\)', text):
        many = _value(found[1])
        return lambda row: "¦".join(many(row)) if isinstance(many(row), list) else many(row)
    if found := re.fullmatch(r'concat\("¦", (.*), "¦"\)', text):
        marked = _value(found[1])
        return lambda row: None if marked(row) is None else f"¦{marked(row)}¦"
    assert re.fullmatch(r"[\w.]+", text), text
    return lambda row: row.get(text)


def _lower(value):
    return [one.lower() for one in value] if isinstance(value, list) else None if value is None else value.lower()


def _esql(text, test):
    value = _value(text)

    def run(row):
        found = value(row)
        return None if found is None or (isinstance(found, list) and len(found) > 1) else test(found)

    return run


def _told(clause):
    return lambda row: clause(row) is True


def _like(pattern):
    """A LIKE pattern, its text already unquoted: a backslash escapes what follows."""
    parts = [
        re.escape(m[1]) if m[1] else {"*": ".*", "?": "."}.get(m[2], re.escape(m[2]))
        for m in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL)
    ]
    made = re.compile("".join(parts), re.DOTALL)
    return lambda v: bool(made.fullmatch(v))


def _rlike(pattern):
    """A regular expression of Lucene, which has groups of one kind and no anchors."""
    assert not search(r"(?<!\\)(?:\\\\)*\(\?", pattern), pattern
    made = re.compile(pattern, re.DOTALL)
    return lambda v: bool(made.fullmatch(v))


EXPRESSION = r'((?:concat\("¦", )?(?:\w+\()*[\w.]+(?:, "[^"]*"\)|\))*)'


def _told(test: str, make):
    """A comparison that is false where it would be null."""

    def told(match):
        clause = make(match)
        return lambda row: clause(row) is True

    return rf"coalesce\({test}, false\)", told


ESQL = Language(
    [
        _told(rf"{EXPRESSION} like {TEXT}", lambda m: _esql(m[1], _like(unquoted(m[2])))),
        _told(
            rf"{EXPRESSION} rlike {TEXT}",
            lambda m: _esql(m[1], _rlike(unquoted(m[2]))),
        ),
        _told(rf"{EXPRESSION} in {LIST}", lambda m: _esql(m[1], lambda v: v in texts(m[2]))),
        _told(rf"{EXPRESSION}=={TEXT}", lambda m: _esql(m[1], lambda v: v == unquoted(m[2]))),
        _told(rf"{EXPRESSION}([<>]=?){NUMBER}", lambda m: _esql(m[1], lambda v: ORDER[m[2]](int(v), int(m[3])))),
        _told(rf"ends_with\({EXPRESSION}, {TEXT}\)", lambda m: _esql(m[1], lambda v: v.endswith(unquoted(m[2])))),
        _told(rf"starts_with\({EXPRESSION}, {TEXT}\)", lambda m: _esql(m[1], lambda v: v.startswith(unquoted(m[2])))),
        _told(rf"cidr_match\({EXPRESSION}, {TEXT}\)", lambda m: _esql(m[1], lambda v: within(v, m[2]))),
        (rf"{EXPRESSION} is null", lambda m: lambda row: _value(m[1])(row) is None),
        (rf"{EXPRESSION} is not null", lambda m: lambda row: _value(m[1])(row) is not None),
    ],
    ("and", "or", "not"),
)


def within(address, block):
    return ip_address(address).version == ip_network(block).version and ip_address(address) in ip_network(block)


def esql(query: str) -> Callable[[Row], bool]:
    lines = [line for line in query.rstrip("\n").split("\n") if not line.startswith("//")]
    source, where = lines
    indices = re.fullmatch(r"from (\S+) metadata _id, _index, _version", source)[1].split(",")
    made = ESQL.compile(where.removeprefix("| where "))
    return lambda row: any(fnmatchcase(row["_index"], one) for one in indices) and made(row) is True


# LogScale: a field that is missing matches nothing.
FALCON = Language(
    [
        (
            r"([#\w.]+)=/((?:[^/\\]|\\.)*)/(i?)(s?)",
            lambda m: (
                lambda row: (
                    m[1] in row
                    and bool(
                        search(
                            m[2].replace("\\/", "/"),
                            row[m[1]],
                            (re.IGNORECASE if m[3] else 0) | (re.DOTALL if m[4] else 0),
                        )
                    )
                )
            ),
        )
    ],
    ("", "or", "not"),
    or_first=True,
)


def falcon(query: str) -> Callable[[Row], bool]:
    lines = [line for line in query.rstrip("\n").split("\n") if not line.startswith("//")]
    return FALCON.compile("\n".join(lines))


# UDM: what is missing is empty.
def _udm(match):
    name, op, regex, text, nocase = match.groups()
    flags = re.IGNORECASE if nocase else 0
    pattern = regex.replace("\\/", "/") if regex is not None else f"^{re.escape(unquoted(text))}$"
    return lambda row: bool(search(pattern, str(row.get(name, "")), flags)) is (op == "=")


UDM = Language(
    [
        (rf"([\w.]+) (!?=) (?:/((?:[^/\\]|\\.)*)/|{TEXT})( nocase)?", _udm),
        (rf"([\w.]+) ([<>]=?) {NUMBER}", lambda m: lambda row: ORDER[m[2]](int(row.get(m[1], 0)), int(m[3]))),
    ],
    ("AND", "OR", "NOT"),
)


def udm(query: str) -> Callable[[Row], bool]:
    lines = [line for line in query.rstrip("\n").split("\n") if not line.startswith("//")]
    return UDM.compile("\n".join(lines))


# Splunk: values without case, `*` any text, address blocks as values.
def _spl(name, values):
    def fits(value, wanted):
        if "/" in wanted and re.fullmatch(r"[\da-fA-F.:]+/\d+", wanted):
            return within(value, wanted)
        return bool(re.fullmatch(".*".join(map(re.escape, wanted.lower().split("*"))), value.lower(), re.DOTALL))

    return lambda row: name in row and any(fits(str(row[name]), one) for one in values)


SPL = Language(
    [
        (rf"(\w+) IN {LIST}", lambda m: _spl(m[1], [spl_unquoted(one) for one in re.findall(TEXT, m[2])])),
        (r"(\w+) IN \(([\d, ]+)\)", lambda m: _spl(m[1], m[2].split(", "))),
        (rf"(\w+)={TEXT}", lambda m: _spl(m[1], [spl_unquoted(m[2])])),
        (rf"(\w+)={NUMBER}", lambda m: _spl(m[1], [m[2]])),
        (r"(\w+)=\*", lambda m: lambda row: m[1] in row),
        (rf"(\w+)([<>]=?){NUMBER}", lambda m: lambda row: m[1] in row and ORDER[m[2]](int(row[m[1]]), int(m[3]))),
    ],
    ("", "OR", "NOT"),
    or_first=True,
)


def spl(query: str) -> Callable[[Row], bool]:
    lines = "\n".join(line for line in query.rstrip("\n").split("\n") if not line.startswith("```"))
    first, *steps = re.split(r"\n\| ", lines)
    begin = SPL.compile(first)

    def run(row):
        row = dict(row)
        if begin(row) is not True:
            return False
        for step in steps:
            if found := re.fullmatch(rf"rex field=(\w+) {TEXT}", step):
                _, group, pattern = re.fullmatch(r"()\(\?<(\w+)>(.*)\)", found[2], re.DOTALL).groups()
                # What stands in quotes is unquoted once; flags stand where Python wants none.
                flags = re.IGNORECASE if pattern.startswith("(?i)") else 0
                hit = search(spl_unquoted(pattern.removeprefix("(?i)")), str(row.get(found[1], "")), flags)
                row |= {group: hit[0]} if hit else {}
            elif found := re.fullmatch(rf"regex (\w+)(!?=){TEXT}", step, re.DOTALL):
                flags = re.IGNORECASE if found[3].startswith("(?i)") else 0
                hit = search(spl_unquoted(found[3].removeprefix("(?i)")), str(row.get(found[1], "")), flags)
                if bool(hit) is not (found[2] == "="):
                    return False
            elif found := re.fullmatch(r'eval (\w+)=if\(isnotnull\((\w+)\), "true", "false"\)', step):
                row[found[1]] = "true" if found[2] in row else "false"
            else:
                assert step.startswith("search "), step
                if SPL.compile(step.removeprefix("search "))(row) is not True:
                    return False
        return True

    return run


def spl_sequence(query: str) -> Callable[[list[Row]], bool]:
    """Searches side by side, then every event of the second stage with the latest of the first before it."""
    lines = [line for line in query.rstrip("\n").split("\n") if not line.startswith("```")]
    searches = [re.fullmatch(r"  \[search (.*) \| eval Stage=(\d), (.*)\]", line).groups() for line in lines[1:-5]]
    keys = re.findall(r"Key\d+(?==)", searches[0][2])
    span = int(re.fullmatch(r"\| where Stage=2 AND _time-Started<=(\d+)", lines[-1])[1])
    assert lines[0] == "| multisearch"
    assert lines[-5:-1] == [
        f"| where {' AND '.join(f'isnotnull({key})' for key in keys)}",
        "| sort 0 _time, Stage",
        "| eval Time1=if(Stage=1, _time, null())",
        f"| streamstats last(Time1) as Started by {', '.join(keys)}",
    ]
    stages = [
        (spl(text.replace(" | ", "\n| ")), int(stage), re.findall(r"=(\w+)", named)) for text, stage, named in searches
    ]

    def run(rows):
        events = [
            (row["_time"], stage, tuple(str(row.get(key)) for key in named))
            for row in rows
            for holds, stage, named in stages
            if holds(row) and all(row.get(key) is not None for key in named)
        ]
        started = {}
        for time, stage, key in sorted(events):
            if stage == 1:
                started[key] = time
            elif key in started and (time - started[key]).total_seconds() <= span:
                return True
        return False

    return run
