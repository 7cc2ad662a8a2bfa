"""What `comtrap rules` can do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from comtrap.cli.excepting import as_of
from comtrap.cli.exits import RAN, WRONG_RULE
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.errors import PluginError
from comtrap.proof.lint import lint_all
from comtrap.proof.samples import check_samples
from comtrap.rules.exception_file import locate_exceptions
from comtrap.rules.load import DEFAULT, load_rules, locate
from comtrap.rules.page import page, table
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from comtrap.rules.lint.lint import Finding
    from comtrap.rules.rule import Rule


def list_rules(args: argparse.Namespace) -> int:
    """All rules, one a line."""
    rules = load_rules(*args.paths)
    lines = []
    for rule in rules:
        sources, techniques = ",".join(rule.sources), ",".join(dict.fromkeys(t.id for t in rule.techniques))
        lines.append((rule.severity.word, rule.path.stem, sources, techniques, rule.name))
    return _say(args, [table(rule) for rule in rules], _columns(lines))


def show(args: argparse.Namespace) -> int:
    """All that is said of some rules.

    Raises:
        PluginError: there is no such rule.
    """
    rules = load_rules(*args.paths or ())
    found: list[Rule] = []
    for name in args.names:
        named = [r for r in rules if name.lower() in {r.path.stem, str(r.id), r.name.lower()}]
        named = named or [r for r in rules if r.behaviour == name.lower()]
        if not named:
            raise PluginError(f"no rule called {name!r}; `comtrap rules list` has them all")
        found += [rule for rule in named if rule not in found]
    return _say(args, [table(rule) for rule in found], "\n".join(map(page, found)))


def lint(args: argparse.Namespace) -> int:
    """What is wrong with rules and exceptions, and what could be better."""
    paths = [locate(name) for name in args.paths or (DEFAULT,)]
    shipped = [path for path in paths if (path / "exceptions").is_dir() and (path / "pack.toml").is_file()]
    excepting = dict.fromkeys([*shipped, *map(locate_exceptions, args.exceptions)])
    rules, items, found = lint_all(paths, excepting, as_of(args))
    wrong = sum(one.diagnostic.severity == "error" for one in found)
    said = (
        f"{_count(rules, 'rule')}, {_count(items, 'exception')}: "
        f"{_count(wrong, 'mistake')}, {_count(len(found) - wrong, 'warning')}\n"
    )
    _say(args, [_finding(one) for one in found], "\n\n".join([*map(str, found), said]))
    return WRONG_RULE if wrong else RAN


def test(args: argparse.Namespace) -> int:
    """Run each rule over its hits and its near misses, per event source."""
    outcomes = list(check_samples(load_rules(*args.paths)))
    wrong = [one for one in outcomes if one.wrong is not None]
    data = [
        {"rule": one.rule.path.stem, "source": one.source, "sample": _sample(hit=one.hit), "wrong": one.wrong}
        for one in outcomes
    ]
    lines = [(one.rule.path.stem, one.source, _sample(hit=one.hit), one.wrong or "") for one in wrong]
    said = f"{_count(len({one.rule.id for one in outcomes}), 'rule')}, {_count(len(outcomes), 'sample')}: {len(wrong)} wrong\n"
    _say(args, data, _columns(lines) + said)
    return WRONG_RULE if wrong else RAN


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _sample(*, hit: bool) -> str:
    return "hit" if hit else "near miss"


def _finding(one: Finding) -> dict[str, Any]:
    at = one.diagnostic.labels[0].span.start if one.diagnostic.labels else None
    return {
        "path": str(one.path),
        "line": None if at is None else one.text.count("\n", 0, at) + 1,
        "column": None if at is None else at - one.text.rfind("\n", 0, at),
        "code": one.diagnostic.code,
        "severity": one.diagnostic.severity,
        "title": one.diagnostic.title,
        "help": one.diagnostic.help,
    }


def _columns(rows: Iterable[tuple[str, ...]]) -> str:
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in cells]
    return "".join("  ".join(row).rstrip() + "\n" for row in padded)


def _say(args: argparse.Namespace, data: Any, text: str) -> int:
    with output(None) as out:
        out.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n" if args.format == "json" else shown(text))
    return RAN
