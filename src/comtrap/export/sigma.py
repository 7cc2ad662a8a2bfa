"""Sigma rules: one YAML file a rule of ours; a sequence is a correlation behind the rules of its stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.export.library import library
from comtrap.export.sigma_rule.rule import sigma_rule
from comtrap.export.target import Exported, NoFormError, Note, file_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comtrap.rules.rule import Rule

ABOUT = "Sigma rules, one file a rule"
_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")


def export(rules: Sequence[Rule]) -> Exported:
    """The rules in Sigma's words; each file has been read back by pySigma.

    Raises:
        PluginError: pySigma is not installed.
    """
    files: dict[str, str] = {}
    names = file_names(rules)
    notes: list[Note] = []
    for rule in rules:
        try:
            made = sigma_rule(rule)
            text = written(made.documents, made.notes)
            _readable(text)
        except NoFormError as error:
            notes.append(Note(rule, str(error), left_out=True))
            continue
        files[f"{names[rule.id]}.yml"] = text
        notes += [Note(rule, note) for note in made.notes]
    return Exported(files, len(files), tuple(notes))


def written(documents: Iterable[Mapping[str, Any]], notes: Iterable[str] = ()) -> str:
    """Documents as YAML; notes stand above them as comments.

    Raises:
        PluginError: PyYAML is not installed.
    """
    yaml = library("yaml")
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {})
    dumper.add_representer(str, _text)
    texts = [yaml.dump(_plain(one), Dumper=dumper, sort_keys=False, width=120, allow_unicode=True) for one in documents]
    comments = "".join(f"# Not as in the EQL rule: {' '.join(note.split())}\n" for note in notes)
    return comments + "---\n".join(texts)


def _text(dumper: Any, text: str) -> Any:
    """A text; one with line breaks in quotes that have escapes for them, as readers differ in what is one."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAKS.search(text) else None)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _readable(text: str) -> None:
    try:
        library("sigma.collection").SigmaCollection.from_yaml(text)
    except library("sigma.exceptions").SigmaError as error:
        raise NoFormError(f"pySigma does not read what would be written: {error}") from error
