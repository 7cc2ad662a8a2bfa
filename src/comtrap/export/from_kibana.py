"""Kibana's rules and exceptions as our files: the way back.

What a file says that Kibana has no field for (sources, behaviour, the files that prove an exception) is taken from the file
there is, or from the tags that an export wrote.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from comtrap.errors import RuleError
from comtrap.export.kibana_exceptions import FILE, NEVER, OWNER, PREFIX, TICKET, file_name
from comtrap.export.kibana_rule import BEHAVIOUR, DATA, DATA_SOURCES, GUIDE, TACTIC
from comtrap.export.target import NoFormError
from comtrap.rules.exception_file import read_exceptions
from comtrap.rules.exceptions import Entry, ExceptionItem, ExceptionList
from comtrap.rules.investigation import guidance
from comtrap.rules.kibana import FIELDS
from comtrap.rules.paragraphs import flowing
from comtrap.rules.read import read
from comtrap.rules.write import rule_table, written, written_exceptions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from comtrap.rules.rule import Rule

UNSET = "put in yours"
_SAME = (
    "name", "description", "risk_score", "severity", "index", "query", "interval", "max_signals", "author", "references",
    "false_positives", "version", "setup",
)  # fmt: skip
_SOURCES = {f"{DATA}{title}": source for source, title in DATA_SOURCES.items()}
_LONGEST = 80  # characters of a name made of what Kibana says
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}  # no names of files on Windows
_WORDS = re.compile(r"[^a-z0-9]+")


def rule_from(
    found: Mapping[str, Any], fields: Collection[str], path: Path, local: Rule | None, mark: str
) -> tuple[Rule, str]:
    """A rule of Kibana as our rule and as the text of its file.

    Args:
        found: the rule as Kibana answers it.
        fields: of a rule that has a file, what differs from it; all else stays as the file has it.
        path: the file that the text is for.
        local: what the file there is says, or None.
        mark: the tag by which our rules are known.

    Raises:
        NoFormError: the rule would be no valid file of ours.
    """
    table: dict[str, Any] = rule_table(local) if local is not None else {"id": found.get("rule_id")}
    names = [name for name in found if local is None or name in fields]
    names += [name for name in fields if name not in found]
    for name in names:
        table |= dict(_keys(name, found.get(name), table, mark))
    if local is None:
        table |= dict(_from_tags(found))
    kibana: Mapping[str, Any] = table.get("kibana", {})
    table["kibana"] = {key: value for key, value in kibana.items() if value is not None}
    text = written({key: value for key, value in table.items() if value not in (None, "", {}, []) or key == "actors"})
    try:
        return read(tomllib.loads(text), text, path), text
    except RuleError as error:
        raise NoFormError("; ".join(one.title for one in error.diagnostics)) from None


def slug(text: str) -> str:
    """Lower-case words joined by underscores, that can be the name of a file on any system."""
    found = _WORDS.sub("_", text.lower()).strip("_")[:_LONGEST].rstrip("_")
    return found if found[:1].isalpha() and found not in _DEVICES else f"n_{found}".rstrip("_")


@dataclass(frozen=True, slots=True)
class FoundList:
    """An exception list of Kibana, its items, and the ids of the rules that refer to it."""

    one: Mapping[str, Any]
    items: tuple[Mapping[str, Any], ...]
    rules: tuple[str, ...]


def exceptions_from(
    lists: Iterable[FoundList], local: ExceptionList | None, kept: Mapping[str, ExceptionItem], path: Path
) -> tuple[ExceptionList | None, list[str]]:
    """The lists of one file as our exceptions, None if nothing can be; and what of them cannot be.

    Args:
        lists: the lists, as Kibana has them.
        local: what the file there is says, or None.
        kept: exceptions of that file that are as it says, by their id in Kibana.
        path: the file that it is for.
    """
    found: list[ExceptionItem] = []
    notes: list[str] = []
    head = local
    for one in lists:
        head = head or _head(one.one, path)
        known = {f"{one.one['list_id']}_{item.id}": item for item in (local.items if local is not None else ())}
        for item in one.items:
            name = str(item.get("item_id", ""))
            try:
                made = kept.get(name) or _checked(_item(item, one, known.get(name), path), head)
            except NoFormError as error:
                notes.append(f"the exception {item.get('name')} ({name}) cannot be brought back: {error}")
                continue
            while made.id in {other.id for other in found}:
                made = replace(made, id=f"{made.id}_more")
            found.append(made)
    return (replace(head, items=tuple(found), path=path) if head is not None and found else None), notes


def file_of(one: Mapping[str, Any]) -> str:
    """The id of the file that an exception list is from, or would be."""
    return slug(_tagged(_texts(one.get("tags")), FILE) or str(one["list_id"]).removeprefix(PREFIX))


def _head(one: Mapping[str, Any], path: Path) -> ExceptionList:
    file = file_of(one)
    name = file_name(" ".join(str(one.get("name", "")).split())) or file
    return ExceptionList(file, name, str(one.get("description", "")).strip() or name, (), path)


def _checked(item: ExceptionItem, head: ExceptionList) -> ExceptionItem:
    """An exception that a file can hold.

    Raises:
        NoFormError: a file with it would be refused.
    """
    text = written_exceptions(replace(head, items=(item,)), item.path.parent)
    try:
        read_exceptions(tomllib.loads(text), text, item.path)
    except RuleError as error:
        raise NoFormError("; ".join(one.title for one in error.diagnostics)) from None
    return item


def _item(item: Mapping[str, Any], among: FoundList, before: ExceptionItem | None, path: Path) -> ExceptionItem:
    if item.get("os_types"):
        raise NoFormError("it is for some operating systems only")
    tags = _texts(item.get("tags"))
    name = str(item.get("item_id", "")).removeprefix(f"{among.one['list_id']}_")
    made = ExceptionItem(
        list_id=file_of(among.one),
        id=slug(name),
        name=" ".join(str(item.get("name", "")).split()) or name,
        rules=tuple(sorted(_uuids(among.rules))),
        entries=tuple(_entries(item.get("entries"))),
        owner=_tagged(tags, OWNER) or str(item.get("created_by") or UNSET),
        reason=str(item.get("description", "")).strip() or UNSET,
        ticket=_tagged(tags, TICKET) or UNSET,
        expires=_expires(item.get("expire_time")),
        path=path,
    )
    if before is None:
        return made
    return replace(made, rules=before.rules, removes=before.removes, still_fires=before.still_fires)


def _entries(given: Any) -> Iterator[Entry]:
    if not isinstance(given, list) or not given:
        raise NoFormError("it has no conditions")
    for one in given:
        kind = one.get("type") if isinstance(one, dict) else None
        if kind not in {"match", "match_any", "wildcard", "exists", "nested"}:
            raise NoFormError(f"a condition is of type {kind}")
        value = one.get("value")
        values = tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value is not None else ()
        below = tuple(_entries(one.get("entries"))) if kind == "nested" else ()
        if (kind in {"match", "wildcard"} and len(values) != 1) or (kind == "match_any" and not values):
            raise NoFormError("a condition has no value")
        yield Entry(str(one.get("field", "")), kind, one.get("operator", "included") == "included", values, below)


def _tagged(tags: Iterable[str], prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")


def _expires(given: Any) -> datetime:
    """A moment; a day that never comes where none is given."""
    if given is None:
        return datetime(NEVER, 12, 31, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        raise NoFormError(f"it ends at {given}, which is no time") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _keys(name: str, value: Any, table: Mapping[str, Any], mark: str) -> Iterator[tuple[str, Any]]:
    """What a field of Kibana is in our file."""
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").rstrip()
    match name:
        case _ if name in _SAME:
            yield name, value
        case "from":
            yield "lookback", value
        case "tags":
            yield "tags", [tag for tag in _texts(value) if not _derived(tag, mark)]
        case "threat":
            yield "techniques", list(_techniques(value))
        case "note":
            parts = guidance(value if isinstance(value, str) else "")
            for part in ("note", "response", "risk_reason"):
                yield part, _as_before(getattr(parts, part), table.get(part))
            yield "actors", [{"name": a.name, "use": a.use, "reference": a.reference} for a in parts.actors]
        case "investigation_fields":
            yield "highlighted", value.get("field_names") if isinstance(value, dict) else value
        case "alert_suppression":
            yield "suppression", _suppression(value)
        case _ if name in FIELDS and name != "related_integrations" and not _default(name, value):
            yield "kibana", dict(table.get("kibana", {})) | {name: value or None}


def _as_before(text: str, before: Any) -> str:
    """A part of a guide, with the line breaks that the file has, if they are all that differs."""
    return before if isinstance(before, str) and flowing(before) == text else text


def _default(name: str, value: Any) -> bool:
    """Whether an export says it, or Kibana does, where the file says nothing."""
    return (name == "to" and value == "now") or (name == "timestamp_override" and value == "event.ingested")


def _suppression(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    given = value.get("duration")
    more = {"duration": f"{given.get('value')}{given.get('unit')}"} if isinstance(given, dict) else {}
    strategy = {"missing_fields_strategy": value.get("missing_fields_strategy", "suppress")}
    return {"group_by": value.get("group_by")} | more | strategy


def _techniques(threat: Any) -> Iterator[str]:
    """Sub-techniques, and techniques that have none below them; Kibana's own shape has no room for both."""
    for one in _tables(threat):
        tactic = one.get("tactic")
        for technique in _tables(one.get("technique")):
            for sub in _tables(technique.get("subtechnique")) or [technique]:
                yield f"{sub.get('id')}/{tactic.get('id') if isinstance(tactic, dict) else ''}"


def _derived(tag: str, mark: str) -> bool:
    """Whether an export writes the tag of its own."""
    return tag in {mark, GUIDE} or tag.startswith((TACTIC, BEHAVIOUR)) or tag in _SOURCES


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _uuids(names: Iterable[str]) -> Iterator[UUID]:
    """Those that are; a rule of another id is no rule of ours."""
    for name in names:
        try:
            yield UUID(name)
        except ValueError:
            continue


def _from_tags(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    tags = _texts(found.get("tags"))
    yield "sources", list(dict.fromkeys(_SOURCES[tag] for tag in tags if tag in _SOURCES))
    yield "behaviour", _tagged(tags, BEHAVIOUR) or slug(str(found.get("name", "")))
