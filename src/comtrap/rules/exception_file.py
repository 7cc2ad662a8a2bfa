"""Exception files to exceptions.

Every mistake of every file is found in one go. What cannot be said in Kibana is refused here: an exception means the same
in a scan and in a deployment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.errors import Diagnostic, Label, PluginError, RuleError, Span
from comtrap.rules.exceptions import KINDS, Entry, ExceptionItem, ExceptionList
from comtrap.rules.load import PACKS, packs
from comtrap.rules.table import Reader, as_line, as_slug, as_text, as_texts, as_uuid, open_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from uuid import UUID

_TOP = ("id", "name", "description", "owner", "reason", "ticket", "expires", "items")
_ITEM = ("id", "name", "rules", "entries")
_ITEM_OPTIONAL = ("owner", "reason", "ticket", "expires", "still_fires", "removes")
_ITEM_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*items[ \t]*\]\]", re.MULTILINE)
_LIST_TYPES = ("keyword", "ip", "ip_range")
_FAR = datetime.max.replace(tzinfo=UTC)


def locate_exceptions(name: str | Path) -> Path:
    """The file or folder that a name is, or the exceptions that come with a pack: ``com_abuse``, or one of them, ``sccm``.

    Raises:
        PluginError: it is none of these; lists those that come with comtrap.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = {file.stem: file for pack in packs() for file in sorted((PACKS / pack / "exceptions").glob("*.toml"))}
    shipped |= {pack: PACKS / pack / "exceptions" for pack in packs() if (PACKS / pack / "exceptions").is_dir()}
    if str(name) not in shipped:
        raise PluginError(f"no exceptions called {str(name)!r}: no file or folder, and none of {', '.join(shipped)}")
    return shipped[str(name)]


def load_exceptions(paths: Iterable[Path]) -> tuple[list[ExceptionList], list[RuleError]]:
    """All exceptions below some paths, in order of path, and what is wrong with the others.

    A folder with a ``pack.toml`` gives the exceptions of its folder ``exceptions``. Two files with one id: the second is wrong.
    """
    found: list[ExceptionList] = []
    errors: list[RuleError] = []
    by_id: dict[str, Path] = {}
    for path in dict.fromkeys(file for top in paths for file in _files(top)):
        try:
            table, text = open_table(path)
            one = read_exceptions(table, text, path)
        except RuleError as error:
            errors.append(error)
            continue
        first = by_id.setdefault(one.id, path)
        if first is path:
            found.append(one)
        else:
            title, at = f"the id of the exceptions, {one.id}, is used twice", Reader(table, text, ()).place("id")
            wrong = Diagnostic("E305", title, (Label(at),), f"first used by {first}")
            errors.append(RuleError((wrong,), str(path), text))
    return found, errors


def read_exceptions(table: Mapping[str, Any], text: str, path: Path) -> ExceptionList:
    """The exceptions that a file's table describes; `text` is the file as text, for the places of mistakes.

    Raises:
        RuleError: with all that is wrong.
    """
    reader = _Reader(table, text, _TOP, ("lists",), "a file of exceptions")
    reader.check_keys()
    base = ExceptionItem(
        list_id=reader.value("id", as_slug, ""), id="", name="", rules=(), entries=(),
        owner=reader.value("owner", as_line, ""), reason=reader.value("reason", as_text, ""),
        ticket=reader.value("ticket", as_line, ""), expires=reader.value("expires", _moment, _FAR), path=path,
    )  # fmt: skip
    lists = reader.lists()
    nothing: tuple[Mapping[str, Any], ...] = ()
    tables = reader.value("items", _tables, nothing)
    starts = [m.start() for m in _ITEM_HEADER.finditer(text)]
    items = []
    for number, one in enumerate(tables):
        start = starts[number] if len(starts) == len(tables) else 0
        below = _Reader(one, text, _ITEM, _ITEM_OPTIONAL, "an exception", start, reader.wrong)
        items.append(below.item(base, lists))
        if items[-1].id in {item.id for item in items[:-1]}:
            below.say("E305", f"two exceptions called `{items[-1].id}` in one file", "id")
    if reader.wrong:
        raise RuleError(tuple(reader.wrong), str(path), text)
    name, about = reader.value("name", as_line, ""), reader.value("description", as_text, "")
    return ExceptionList(base.list_id, name, about, tuple(items), path)


@dataclass(slots=True)
class _Reader(Reader):
    def lists(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """The value lists of the file: type and values by id."""
        nothing: tuple[Mapping[str, Any], ...] = ()
        return {one["id"]: (one["type"], tuple(one["values"])) for one in self.value("lists", _value_lists, nothing)}

    def item(self, base: ExceptionItem, lists: Mapping[str, tuple[str, tuple[str, ...]]]) -> ExceptionItem:
        self.check_keys()

        def files(value: Any) -> tuple[Path, ...]:
            return tuple(base.path.parent / name for name in as_texts(value))

        return replace(
            base,
            id=self.value("id", as_slug, ""),
            name=self.value("name", as_line, ""),
            rules=self.value("rules", _uuids, ()),
            entries=self.entries(lists),
            owner=self.value("owner", as_line, base.owner),
            reason=self.value("reason", as_text, base.reason),
            ticket=self.value("ticket", as_line, base.ticket),
            expires=self.value("expires", _moment, base.expires),
            still_fires=self.value("still_fires", files, ()),
            removes=self.value("removes", files, ()),
        )

    def entries(self, lists: Mapping[str, tuple[str, tuple[str, ...]]]) -> tuple[Entry, ...]:
        found: list[Entry] = []
        nothing: tuple[Mapping[str, Any], ...] = ()
        for number, one in enumerate(self.value("entries", _tables, nothing), 1):
            try:
                found.append(_entry(one, lists, nested=False))
            except (TypeError, ValueError) as error:
                title = f"condition {number} of `entries` is wrong: {error}"
                self.wrong.append(Diagnostic("E320", title, (Label(self.place_of(one)),)))
        return tuple(found)

    def place_of(self, entry: Mapping[str, Any]) -> Span:
        """Where the file names the entry's field."""
        name = str(entry.get("field", ""))
        at = self.text.find(f'"{name}"', self.start)
        at = self.text.find(f"'{name}'", self.start) if at < 0 else at
        return Span(at + 1, at + 1 + len(name)) if name and at >= 0 else self.place("entries")


def _entry(table: Mapping[str, Any], lists: Mapping[str, tuple[str, tuple[str, ...]]], *, nested: bool) -> Entry:
    kind = table.get("type")
    kinds = ("match", "match_any", "exists") if nested else KINDS
    if kind not in kinds:
        raise ValueError(f"expected a `type` of {', '.join(kinds)}, found {kind!r}")
    extra = {"exists": set(), "list": {"list"}, "nested": {"entries"}}.get(str(kind), {"value"})
    wanted = {"field", "type"} | extra | (set() if kind == "nested" else {"operator"})
    if set(table) != wanted:
        raise ValueError(
            f"a condition of type {kind} has {', '.join(sorted(wanted))}; found {', '.join(sorted(table))}"
        )
    name = as_line(table["field"])
    if kind == "nested":
        below = tuple(_entry(one, lists, nested=True) for one in _tables(table["entries"]))
        return Entry(name, "nested", entries=below)
    if table["operator"] not in {"included", "excluded"}:
        raise ValueError(f"expected an `operator` included or excluded, found {table['operator']!r}")
    included = table["operator"] == "included"
    if kind == "list":
        return _of_list(name, table["list"], lists, included=included)
    values = () if kind == "exists" else _values(table["value"], several=kind == "match_any")
    return Entry(name, str(kind), included, values)


def _of_list(name: str, table: Any, lists: Mapping[str, tuple[str, tuple[str, ...]]], *, included: bool) -> Entry:
    if not isinstance(table, dict) or set(table) != {"id", "type"}:
        raise TypeError("expected a `list` of `id` and `type`")
    kind, values = lists.get(str(table["id"]), ("", ()))
    if not values:
        raise ValueError(f"no value list {table['id']!r} among `lists`")
    if kind != table["type"]:
        raise ValueError(f"the value list {table['id']!r} is of type {kind}")
    return Entry(name, "list", included, values, list_id=str(table["id"]))


def _values(value: Any, *, several: bool) -> tuple[str, ...]:
    if several:
        return as_texts(value)
    return (as_text(value),)


def _tables(value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise TypeError("expected a list of tables")
    return tuple(value)


def _value_lists(value: Any) -> tuple[Mapping[str, Any], ...]:
    for one in _tables(value):
        if set(one) != {"id", "type", "values"}:
            raise ValueError("expected tables of `id`, `type` and `values`")
        if one["type"] not in _LIST_TYPES:
            raise ValueError(f"expected a type of {', '.join(_LIST_TYPES)}, found {one['type']!r}")
        as_slug(one["id"])
        as_texts(one["values"])
    return tuple(value)


def _uuids(value: Any) -> tuple[UUID, ...]:
    return tuple(map(as_uuid, as_texts(value)))


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("expected a moment with its offset, such as 2027-06-30T00:00:00Z")
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise TypeError("expected a date such as 2027-06-30 (its begin, UTC), without quotes")


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    elif (path / "pack.toml").is_file():
        yield from sorted((path / "exceptions").rglob("*.toml"))
    else:
        yield from sorted(path.rglob("*.toml"))
