"""Rules as plain data, and back: what a file keeps of them is JSON, read into Rules or not at all."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct, defstruct, json

from comtrap.com.actor import Actor
from comtrap.rules.kibana import as_kibana
from comtrap.rules.rule import Rule, Severity, Technique
from comtrap.rules.suppression import Suppression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TYPES: dict[str, Any] = {
    "UUID": UUID,
    "str": str,
    "int": int,
    "Severity": Severity,
    "tuple[str, ...]": tuple[str, ...],
    "tuple[Technique, ...]": tuple[Technique, ...],
    "tuple[Actor, ...]": tuple[Actor, ...],
    "Suppression | None": Suppression | None,
    "Mapping[str, Any]": dict[str, Any],
}
_NAMES = tuple(each.name for each in fields(Rule) if each.name != "path")
_RULE = defstruct(
    "_Rule",
    [(each.name, _TYPES[str(each.type)]) for each in fields(Rule) if each.name != "path"],
    frozen=True,
    array_like=True,
    forbid_unknown_fields=True,
)


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    guides: tuple[str | None, ...]
    rules: list[_RULE]  # type: ignore[valid-type]


_DECODER: Any = json.Decoder(_Rules)


def write_rules(rules: Sequence[Rule], guides: Sequence[str | None]) -> bytes:
    """Rules as JSON, without their paths.

    Args:
        rules: the rules.
        guides: of each, the guide it names and what that held, in whatever words; `read_rules` gives them back.

    Raises:
        ValueError: a rule holds what JSON has no word for, such as a date.
    """
    if any(json.decode(json.encode(rule.kibana)) != rule.kibana for rule in rules):
        raise ValueError("a field for Kibana that JSON has no word for")
    made = [_RULE(*(getattr(rule, name) for name in _NAMES)) for rule in rules]
    return json.encode(_Rules(tuple(guides), made))


def read_rules(data: bytes, paths: Sequence[Path]) -> tuple[list[Rule], tuple[str | None, ...]]:
    """The rules that were written, now at these paths, and what was said of their guides.

    Raises:
        ValueError: this is not as many rules.
    """
    try:
        written = _DECODER.decode(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not len(written.rules) == len(written.guides) == len(paths):
        raise ValueError("rules of other files")
    try:
        for one in written.rules:
            as_kibana(one.kibana)
    except TypeError as error:
        raise ValueError(str(error)) from None
    found = zip(written.rules, paths, strict=True)
    return [Rule(path=path, **{name: getattr(one, name) for name in _NAMES}) for one, path in found], written.guides
