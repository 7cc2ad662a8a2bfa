"""Rules through a platform's own kinds of events and its pySigma backend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from comtrap.export.library import library
from comtrap.export.sigma_rule.kinds import dialect
from comtrap.export.sigma_rule.rule import sigma_rule
from comtrap.export.target import Exported, NoFormError, Note, file_names
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.sigma_rule.parts import SigmaRule
    from comtrap.rules.rule import Rule


Stage: TypeAlias = "tuple[str, Kind, str]"
"""A stage's name, the kind of its events, and a backend's query."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Where converted rules run.

    Attributes:
        name: that of its kinds of events, ``data/<name>.toml``.
        suffix: that of its files.
        comment: what opens a comment, and what ends it.
        backend: makes its pySigma backend.
        finish: a backend's query about one kind of event as the platform runs it.
        filters_first: whether `finish` says which events a query is about, instead of the query.
        sequence: the queries of stages, and correlations of them, as one query; None where there is no form.
    """

    name: str
    suffix: str
    comment: tuple[str, str]
    backend: Callable[[], Any]
    finish: Callable[[Rule, Kind, str], str] = lambda _rule, _kind, query: query
    filters_first: bool = False
    sequence: Callable[[Sequence[Stage], Sequence[Mapping[str, Any]]], str] | None = None


def convert(rules: Sequence[Rule], platform: Platform) -> Exported:
    """The rules in a platform's words: a file a rule, or one for each event source that the platform tells apart.

    Raises:
        PluginError: pySigma or the platform's backend is not installed.
    """
    files: dict[str, str] = {}
    names = file_names(rules)
    notes: list[Note] = []
    written = 0
    for rule in rules:
        made: dict[str, str] = {}
        reasons: dict[str, None] = {}
        for source in _sources(rule, platform):
            try:
                text, said = _converted(rule, source, platform)
            except NoFormError as error:
                reasons[str(error)] = None
                continue
            made[source] = text
            notes += [Note(rule, note) for note in said]
        for source, text in made.items():
            files[f"{names[rule.id]}{f'.{source}' if source else ''}{platform.suffix}"] = text
        written += bool(made)
        if not made:
            why = "; ".join(reasons) or f"{platform.name} has no events of {', '.join(rule.sources)}"
            notes.append(Note(rule, why, left_out=True))
        else:
            notes += [Note(rule, f"not for every source: {reason}") for reason in reasons]
    return Exported(files, written, tuple(dict.fromkeys(notes)))


def _sources(rule: Rule, platform: Platform) -> Iterator[str]:
    """The sources to write a rule for; an empty one where the platform does not tell them apart."""
    theirs = {kind.source for kind in dialect(platform.name)}
    yield from ("",) if theirs == {""} else (source for source in rule.sources if source in theirs)


def _converted(rule: Rule, source: str, platform: Platform) -> tuple[str, tuple[str, ...]]:
    """A rule as text for the events of one source, and what is said differently.

    Raises:
        NoFormError: the platform cannot say it.
    """
    kinds = tuple(kind for kind in dialect(platform.name) if kind.source == source)
    if not isinstance(rule.query.body, ast.EventQuery):
        if platform.sequence is None:
            raise NoFormError(f"the pySigma backend for {platform.name} cannot say that one event follows another")
        if source != "endpoint":
            # What follows may come from another log of the host; what the rule is written for comes first.
            kinds += tuple(kind for kind in dialect(platform.name) if kind.source not in {source, "endpoint"})
    made = sigma_rule(rule, tuple(replace(kind, where={}) for kind in kinds) if platform.filters_first else kinds)
    backend = platform.backend()  # anew, as one remembers what it made before
    full = {(kind.name, kind.source): kind for kind in kinds}
    events = [(one, full[kind.name, kind.source]) for one, kind in zip(made.documents, made.kinds, strict=False)]
    if platform.sequence is not None and len(made.documents) > len(events):
        stages = [(document["name"], kind, _query(document, backend)) for document, kind in events]
        text = platform.sequence(stages, made.documents[len(events) :])
    else:
        text = "\n".join(platform.finish(rule, kind, _query(document, backend)) for document, kind in events)
    return f"{_head(rule, made, platform)}{text}\n", made.notes


def _query(document: Any, backend: Any) -> str:
    """What a backend makes of one document; it must be one query.

    Raises:
        NoFormError: the backend refuses, or makes none.
    """
    collection = library("sigma.collection").SigmaCollection
    try:
        queries = backend.convert(collection.from_dicts([dict(document)]))
    except (library("sigma.exceptions").SigmaError, NotImplementedError) as error:
        raise NoFormError(f"its pySigma backend refuses: {error}") from error
    if len(queries) != 1:
        raise NoFormError(f"its pySigma backend makes {len(queries)} queries of it")
    return str(queries[0])


def _head(rule: Rule, made: SigmaRule, platform: Platform) -> str:
    """What the query is, in comments; text of a rule cannot end one."""
    lines = [
        rule.name,
        f"{rule.severity.word}, {', '.join(dict.fromkeys(t.id for t in rule.techniques))}, rule {rule.id}",
        *(f"Not as in the EQL rule: {note}" for note in made.notes),
    ]
    opening, closing = platform.comment
    return "".join(f"{opening} {' '.join(line.replace('`', chr(39)).split())}{closing}\n" for line in lines)
