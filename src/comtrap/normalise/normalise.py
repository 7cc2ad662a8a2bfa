"""Raw records to ECS, as columns for a scan and as documents for people."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import decoded, first_of, mapped, same
from comtrap.events.batch import EventBatch
from comtrap.events.raw import ECS, Origin, RawBatch
from comtrap.execute.text import moment
from comtrap.normalise import document as documents
from comtrap.normalise import script_blocks
from comtrap.normalise.cast import typed
from comtrap.normalise.columns import filled
from comtrap.normalise.event import DATA
from comtrap.normalise.fields import Fields
from comtrap.normalise.rows import Rows
from comtrap.normalise.tables import EXTENDED, INTEGRATION, WINLOGBEAT, kinds, plan, possible
from comtrap.normalise.values import Constant, First, Leaf, Objects, Text
from comtrap.normalise.windows import OVERWRITING
from comtrap.schema.telemetry import telemetry
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Kind
    from comtrap.normalise.tables import Plan

OF_LINES = frozenset({
    "comtrap.process.decoded_command", "comtrap.process.parent.decoded_command", "comtrap.process.parent.plain_command_line",
    "comtrap.process.plain_command_line",
})  # fmt: skip
"""Fields that are always computed, whatever a document says: what a cluster is asked for them rests on that."""

_ALWAYS = frozenset({"@timestamp", "_index", "host.id", "event.category"})
_BLANKS = pa.array(["", "-"])
_NOTHING = pa.scalar(None, pa.string())


def to_events(raw: RawBatch, wanted: frozenset[str] | None, problems: Problems) -> EventBatch:
    """The events of a batch as typed columns: Elastic's fields, our extensions, ``comtrap.*`` and ``_index``.

    Args:
        raw: records of one kind.
        wanted: the fields to compute, None for all that have values. ``@timestamp``, ``_event``, ``_index`` are always
            there.
        problems: takes values of a wrong type (null then) and records without a readable time (1970 then).
    """
    use = plan(raw.kind)
    rows = _rows(raw, use)
    schema = telemetry()
    columns: dict[str, pa.Array] = {}
    names = _fields(rows, use) if wanted is None else wanted | _ALWAYS
    for name in possible(raw.kind, names, frozenset(rows.frame.schema.names)):
        known = schema.get(name)
        if name.startswith("_") or (known is not None and not known.supported):
            continue
        column = _output(rows, use, name)
        if column is None:
            continue
        column, wrong = typed(column, Type.KEYWORD if known is None else known.type)
        if wrong:
            problems.note("wrong type", raw.origin.name, f"{wrong} values of {name}", wrong)
        columns[name] = column
    columns["@timestamp"] = _timestamps(columns.get("@timestamp"), raw, problems)
    positions = np.asarray(raw.frame.column("_position").combine_chunks(), dtype=np.uint64)
    columns["_event"] = pa.array(positions + np.uint64(raw.origin.first), pa.uint64())
    columns["_index"] = rows.field("_index")
    return EventBatch(pa.table(columns), schema)


def to_documents(raw: RawBatch) -> list[dict[str, Any]]:
    """The same events as whole nested documents: what the record brought along, and all that is computed."""
    use = plan(raw.kind)
    rows = _rows(raw, use)
    return _written(rows, use, _sources(raw))


def normalise(document: Mapping[str, Any], *, dialect: str = INTEGRATION) -> dict[str, Any]:
    """One raw event as the ECS document that Elastic's ingest pipeline makes of it.

    Args:
        document: a Winlogbeat or Agent document as it is before the pipeline; keys nested or dotted.
        dialect: ``integration`` or ``winlogbeat``: whose pipeline.

    Returns:
        Elastic's fields, and our additions under ``comtrap``.

    Raises:
        ValueError: no such dialect.
    """
    if dialect not in {INTEGRATION, WINLOGBEAT}:
        raise ValueError(f"dialect is {dialect!r}, expected {INTEGRATION!r} or {WINLOGBEAT!r}")
    flat = documents.flatten(document)
    columns = {name: pa.array([value]) for name, value in flat.items()}
    frame = pa.table({**columns, "_position": pa.array([0], pa.uint64())})
    raw = RawBatch(_kind(flat), frame, Origin("document", ""))
    use = plan(raw.kind, dialect, extended=False)
    return _written(_rows(raw, use), use, [documents.expanded(document)])[0]


def raw_columns(wanted: frozenset[str], kind: Kind | None = None) -> frozenset[str]:
    """The raw columns that a source must supply so that these fields can be computed, for a kind of event or for all."""
    names = wanted | _ALWAYS
    schema = telemetry()
    names |= {schema[name].copy_of or name for name in names if name in schema}
    found: set[str] = set()
    for each in kinds() if kind is None else (kind,):
        use = plan(each)
        found |= use.reads(names | use.extensions.keys() if EXTENDED in wanted else names)
    return frozenset(found | script_blocks.COLUMNS if script_blocks.JOINED in found else found)


def _kind(flat: Mapping[str, Any]) -> Kind:
    provider = flat.get("winlog.provider_name") or flat.get("event.provider")
    code = flat.get("winlog.event_id") or flat.get("event.code")
    if not isinstance(provider, str) or not isinstance(code, str) or not re.fullmatch("[0-9]{1,9}", code):
        return ECS
    return provider, int(code)


def _rows(raw: RawBatch, use: Plan) -> Rows:
    frame = raw.frame
    if brought := OF_LINES.intersection(frame.schema.names):
        frame = frame.drop_columns(sorted(brought))
    if raw.kind != ECS:
        # Every row has the kind's provider and id, whether the source gives the columns, and all values in them, or not.
        for name, value in (("winlog.provider_name", raw.kind[0]), ("winlog.event_id", str(raw.kind[1]))):
            at = frame.schema.get_field_index(name)
            told = same(value, frame.num_rows)
            if at < 0:
                frame = frame.append_column(name, told)
            elif frame.column(at).null_count:
                frame = frame.set_column(at, name, filled(frame.column(at).combine_chunks(), told))
    extensions = dict(use.extensions)
    if extensions:
        extensions["host.id"] = First((Text("host.name"), Constant(_unnamed_host(raw.origin))))
    return Rows(frame, use.fields, extensions, use.blank, OVERWRITING | {"_index"})


def _unnamed_host(origin: Origin) -> str:
    """A host id for records that name no host; a null one would drop every sequence."""
    name = origin.member or origin.path.replace("\\", "/").rpartition("/")[2]
    return "?" + (origin.head or sha256(name.encode("utf-8", "replace")).hexdigest())


def _fields(rows: Rows, use: Plan) -> frozenset[str]:
    computed = {n for n, expr in use.fields.items() if not isinstance(expr, Objects)}
    schema = telemetry()
    brought = {name for name in rows.frame.schema.names if name in schema}
    return frozenset(computed | use.extensions.keys() | brought | {EXTENDED})


def _output(rows: Rows, use: Plan, name: str) -> pa.Array | None:
    """A field's column before it is typed, or None where no row has a value."""
    if name == EXTENDED:
        return rows.extended(EXTENDED)
    if name in use.removed:
        return None
    if name in use.fields or name in use.extensions:
        return rows.field(name)
    column = rows.raw(name)
    if column is not None:
        return _unmoved(column) if name in use.moved else column
    known = telemetry().get(name)
    if known is None or known.copy_of is None or (column := _output(rows, use, known.copy_of)) is None:
        return None
    return _folded(column) if known.folded else column


def _folded(column: pa.Array) -> pa.Array:
    return mapped(column, pc.utf8_lower)


def _unmoved(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        column = first_of(column)
    return mapped(column, lambda texts: pc.if_else(pc.is_in(texts, _BLANKS), texts, _NOTHING))


def _timestamps(column: pa.Array | None, raw: RawBatch, problems: Problems) -> pa.Array:
    moment = pa.timestamp("ns", "UTC")
    size = raw.frame.num_rows
    if column is None:
        column = pa.nulls(size, moment)
    elif pa.types.is_list(column.type):
        column = first_of(column)
    if column.null_count:
        problems.note(
            "no time", raw.origin.name, f"{column.null_count} records without a readable time", column.null_count
        )
    return column.fill_null(pa.scalar(0, moment))


def _sources(raw: RawBatch) -> list[dict[str, Any]]:
    """Each record as the document it came as, or as its columns say."""
    out: list[dict[str, Any]] = [{} for _ in range(raw.frame.num_rows)]
    if "_source" in raw.frame.schema.names:
        texts = raw.frame.column("_source").to_pylist()
        out = [documents.nested(_parsed(text)) for text in texts]
    if all(out):
        return out
    columns = {n: _brought(raw.frame.column(n).combine_chunks(), n) for n in raw.frame.schema.names if n[0] != "_"}
    for row, document in enumerate(out):
        if not document:
            for name, values in columns.items():
                if values[row] is not None:
                    documents.put(document, name, values[row])
    return out


def _brought(column: pa.Array, name: str) -> list[Any]:
    column = decoded(column)
    values = _values(column, name)[0]
    return [v if v is None or isinstance(v, list) else [v] for v in values] if pa.types.is_list(column.type) else values


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        document = orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _values(column: pa.Array, name: str) -> tuple[list[Any], list[str] | None]:
    """A column's values as documents hold them, and for dates what they were written as."""
    column, known = decoded(column), telemetry().get(name)
    kind = Type.KEYWORD if known is None else known.type
    out, _ = typed(column, kind)
    if not kind.is_date or pa.types.is_list(out.type):
        return out.to_pylist(), None
    moments = out.cast(pa.int64()).to_pylist()
    return [None if ns is None else moment(ns) for ns in moments], column.to_pylist()


def _written(rows: Rows, use: Plan, out: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents with what is taken away taken away, and what is computed set."""
    _clean(out, use)
    names = [n for n, expr in {**use.extensions, **use.fields}.items() if not isinstance(expr, Leaf) and n[0] != "_"]
    fields = Fields(out)
    for name in [*names, EXTENDED]:
        values, texts = _computed(rows, use, name)
        if values:
            _put(fields, name, values, texts)
    return out


def _put(fields: Fields, name: str, values: Sequence[Any], texts: Sequence[str] | None) -> None:
    """Set a field of each document that has a value, unless the record brought it along: that stays as it was written."""
    parent, _, last = name.rpartition(".")
    for row, (holder, value) in enumerate(zip(fields.objects(parent, values), values, strict=True)):
        if value is None or type(holder) is not dict:
            continue
        given = holder.get(last)
        if given is None:
            holder[last] = value
        elif given != value and not _is_same(given, value, None if texts is None else texts[row]):
            documents.put(holder, last, value)


def _computed(rows: Rows, use: Plan, name: str) -> tuple[list[Any], list[str] | None]:
    """A field's values, none where no row has one."""
    expr = use.fields.get(name)
    if isinstance(expr, Objects):
        found = expr.whole.distinct(rows)
        return ([], None) if found is None else ([found.values[code] for code in found.codes], None)
    column = rows.extended(EXTENDED) if name == EXTENDED else rows.field(name)
    if column is None:
        return [], None
    values, texts = _values(column, name)
    constant = expr or use.extensions.get(name)
    if pa.types.is_list(column.type) or (isinstance(constant, Constant) and isinstance(constant.value, tuple)):
        values = [v if v is None or isinstance(v, list) else [v] for v in values]
    return values, texts


def _is_same(given: Any, value: Any, text: str | None) -> bool:
    """Whether what a record brought is what is computed: alone, in a list of one, or as a date was written."""
    return value in (given, [given]) or given == [value] or (text is not None and given == text)


def _clean(out: Sequence[dict[str, Any]], use: Plan) -> None:
    """Take away what Elastic's pipeline takes away, values that are none, and objects that are empty then."""
    fields = Fields(out)
    for parent, lasts in _by_object(use.removed):
        for document, node in zip(out, fields.values(parent), strict=True):
            _rid(document, parent, node, [last for last in lasts if last in node] if type(node) is dict else ())
    for parent, lasts in _by_object(use.moved):
        for document, node in zip(out, fields.values(parent), strict=True):
            if type(node) is dict:
                _rid(document, parent, node, [last for last in lasts if node.get(last) not in ("", "-", None)])
    for document, node in zip(out, fields.values(DATA[:-1]) if use.blank else (), strict=False):
        if type(node) is dict:
            gone = [
                last for last, value in node.items() if value is None or (type(value) is str and value in use.blank)
            ]
            _rid(document, DATA[:-1], node, gone)
    for document in out:
        documents.drop(document, "winlog._tmp")


def _rid(document: dict[str, Any], parent: str, node: dict[str, Any], gone: Collection[str]) -> None:
    """Take values away from an object of a document, and the object if it is empty then."""
    for last in gone:
        del node[last]
    if gone and parent and not node:
        documents.drop(document, parent)


def _by_object(names: Iterable[str]) -> Sequence[tuple[str, Sequence[str]]]:
    """Dotted names as the objects they are in and their last parts."""
    out: dict[str, list[str]] = {}
    for name in names:
        parent, _, last = name.rpartition(".")
        out.setdefault(parent, []).append(last)
    return list(out.items())
