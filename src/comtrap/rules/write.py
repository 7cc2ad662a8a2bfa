"""Rules and exceptions to the text of their files: what `read` and `read_exceptions` take back."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from comtrap.rules.attack import technique
from comtrap.rules.suppression import in_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from comtrap.rules.exceptions import Entry, ExceptionItem, ExceptionList
    from comtrap.rules.rule import Rule, Technique
    from comtrap.rules.suppression import Suppression

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WIDTH = 118
_SAME = ("owner", "reason", "ticket", "expires")


def rule_table(rule: Rule) -> dict[str, Any]:
    """A rule as the table of its file. Note and response hold the shared guide, which is not named again."""
    found: dict[str, Any] = {
        "id": str(rule.id), "name": rule.name, "behaviour": rule.behaviour, "description": rule.description,
        "severity": rule.severity.word, "risk_score": rule.risk_score, "risk_reason": rule.risk_reason,
        "sources": list(rule.sources), "index": list(rule.index), "techniques": list(map(_technique, rule.techniques)),
        "tags": list(rule.tags), "references": list(rule.references),
        "actors": [{"name": a.name, "use": a.use, "reference": a.reference} for a in rule.actors],
        "false_positives": list(rule.false_positives), "highlighted": list(rule.highlighted), "interval": rule.interval,
        "lookback": rule.lookback, "max_signals": rule.max_signals, "version": rule.version, "author": list(rule.author),
        "query": rule.text, "setup": rule.setup, "note": rule.note, "response": rule.response,
        "suppression": suppression_table(rule.suppression), "kibana": dict(rule.kibana),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in ("", [], {}, None) or key == "actors"}


def suppression_table(given: Suppression | None) -> dict[str, Any]:
    """Which alerts stand for which, as the file has it; a duration in the largest unit that it is a whole number of."""
    if given is None:
        return {}
    found: dict[str, Any] = {"group_by": list(given.group_by), "missing_fields_strategy": given.missing}
    if given.duration is not None:
        value, unit = in_units(given.duration)
        found["duration"] = f"{value}{unit}"
    return found


def written(table: Mapping[str, Any]) -> str:
    """A table as TOML: its tables stand at its end, those within them on one line. Nulls are left out."""
    flat = [(key, value) for key, value in table.items() if not isinstance(value, dict) and value is not None]
    lines = [f"{_key(key)} = {_value(value, wide=True)}" for key, value in flat]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += [
                "",
                f"[{_key(key)}]",
                *(f"{_key(k)} = {_value(v, wide=True)}" for k, v in value.items() if v is not None),
            ]
    return "\n".join(lines) + "\n"


def written_exceptions(one: ExceptionList, folder: Path) -> str:
    """A file of exceptions; `folder` is where it will stand, for the files of events that it names.

    What the first says of owner, reason, ticket and end is said once, for all that say the same.
    """
    first = one.items[0]
    head = {"id": one.id, "name": one.name, "description": one.description}
    parts = [written(head | {key: getattr(first, key) for key in _SAME})]
    entries = (inner for item in one.items for entry in item.entries for inner in (entry, *entry.entries))
    lists = {entry.list_id: entry.values for entry in entries if entry.kind == "list"}
    for name, values in lists.items():
        parts.append("[[lists]]\n" + written({"id": name, "type": _list_type(values), "values": list(values)}))
    for item in one.items:
        own = {key: getattr(item, key) for key in _SAME if getattr(item, key) != getattr(first, key)}
        parts.append("[[items]]\n" + written(_item(item, folder) | own))
    return "\n".join(parts)


def _item(item: ExceptionItem, folder: Path) -> dict[str, Any]:
    proofs = {"removes": item.removes, "still_fires": item.still_fires}
    return {
        "id": item.id,
        "name": item.name,
        "rules": list(map(str, item.rules)),
        "entries": list(map(_entry, item.entries)),
        **{key: [_from(path, folder) for path in paths] for key, paths in proofs.items() if paths},
    }


def _from(path: Path, folder: Path) -> str:
    try:
        return path.__class__(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()


def _entry(entry: Entry) -> dict[str, Any]:
    if entry.kind == "nested":
        return {"field": entry.field, "type": "nested", "entries": [_entry(one) for one in entry.entries]}
    found: dict[str, Any] = {"field": entry.field, "type": entry.kind}
    found["operator"] = "included" if entry.included else "excluded"
    match entry.kind:
        case "exists":
            return found
        case "list":
            return found | {"list": {"id": entry.list_id, "type": _list_type(entry.values)}}
        case "match_any":
            return found | {"value": list(entry.values)}
        case _:
            return found | {"value": entry.values[0]}


def _list_type(values: Iterable[str]) -> str:
    try:
        ranges = [ip_network(value, strict=False).num_addresses > 1 for value in values]
    except ValueError:
        return "keyword"
    return "ip_range" if any(ranges) else "ip"


def _technique(given: Technique) -> str:
    return given.id if technique(given.id) == given else f"{given.id}/{given.tactic}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: Any, *, wide: bool = False) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _long(value) if wide and "\n" in value else _string(value)
        case datetime():
            return _moment(value)
        case dict():
            return _inline(value)
        case _:
            return _list(list(value), wide=wide)


def _inline(value: Mapping[str, Any]) -> str:
    pairs = [f"{_key(key)} = {_value(one)}" for key, one in value.items() if one is not None]
    return f"{{ {', '.join(pairs)} }}" if pairs else "{}"


def _list(values: list[Any], *, wide: bool) -> str:
    parts = [_value(one) for one in values if one is not None]
    line = f"[{', '.join(parts)}]"
    if not wide or (len(line) <= _WIDTH - 20 and not any(isinstance(one, dict) for one in values)):
        return line
    return "[\n" + "".join(f"  {part},\n" for part in parts) + "]"


def _moment(value: datetime) -> str:
    value = value.astimezone(UTC)
    plain = value.replace(tzinfo=None)
    if plain == datetime(plain.year, plain.month, plain.day):  # noqa: DTZ001 - both are UTC
        return plain.date().isoformat()
    return plain.isoformat() + "Z"


def _long(text: str) -> str:
    """A text of several lines; of two kinds of quotes the one in which nothing has to be escaped, if it can be."""
    text = text.strip("\n")
    if "'''" in text or _CONTROL.search(text):
        return '"""\n' + "".join(map(_escaped, text)).replace('"""', '""\\"') + '\n"""'
    return f"'''\n{text}\n'''"


def _string(text: str) -> str:
    """A text on one line."""
    if "'" not in text and ("\\" in text or '"' in text) and text.isprintable():
        return f"'{text}'"
    return '"' + "".join({'"': '\\"', "\n": "\\n", "\t": "\\t"}.get(c) or _escaped(c) for c in text) + '"'


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if "\ud800" <= character <= "\udfff":
        return "�"  # half a character is none, and no text of TOML
    return f"\\u{ord(character):04x}" if _CONTROL.match(character) else character
