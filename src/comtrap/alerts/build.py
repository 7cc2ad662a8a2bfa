"""Hits to alerts: matches, their evidence, their ids, and the order they are told in."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from functools import reduce
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import orjson
import pyarrow as pa

from comtrap.alerts import evidence, objects, suppress
from comtrap.alerts.alert import Alert, Suppressed, Why
from comtrap.alerts.document import shared
from comtrap.alerts.evidence import Kept
from comtrap.alerts.explain import Explanation
from comtrap.alerts.ids import alert_id
from comtrap.match.match import match
from comtrap.match.needed import Needed
from comtrap.plan.plan import EventPlan

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from comtrap.alerts.alert import Clause, Evidence
    from comtrap.alerts.evidence import Identified
    from comtrap.alerts.store import Store
    from comtrap.match.hit import Match
    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.rule import Rule, Severity
    from comtrap.rules.suppression import Suppression

TOGETHER = 1024  # alerts made at once
TOGETHER_BYTES = 16 << 20
"""Of fewer, if their events as JSON are larger than this: one may be of many megabytes."""

_TABLES = """
create table match (id integer primary key, query integer, key blob, events blob, first integer);
create table chosen (event integer primary key) without rowid;
create table alert (
  id text primary key, time integer, rule text, match integer, size integer, count integer
) without rowid;
"""
_ORDER = "create index alert_order on alert (time, rule, id)"


def build(
    rules: Sequence[Rule],
    plan: Plan,
    store: Store,
    suppression: Suppression | None = None,
    matches: Iterable[Match] | None = None,
) -> Alerts:
    """The alerts that the hits of a store add up to.

    Args:
        rules: by query number.
        plan: what the hits are of.
        store: all hits and records; the result takes it over and closes it.
        suppression: for rules that have none of their own.
        matches: what the hits add up to, by query and last event, if that is known; None to have them matched.
    """
    store.database.executescript(_TABLES + evidence.TABLES + suppress.TABLES)
    if matches is None:
        _match(plan, store)
    else:
        _keep(matches, store)
    kept = Kept(store)
    _number(rules, store, kept)
    with store.database:
        for number, rule in enumerate(rules):
            if (how := rule.suppression or suppression) is not None:
                suppress.suppress(store.database, number, how, _events(store.database, kept, number))
    return Alerts(rules, store, kept)


class Alerts(Sequence[Alert]):
    """The alerts of a run, each once, sorted by time of the last event, rule id, alert id.

    They are made of what is kept, on disk where it is much, each time they are asked for, so that any number of them fits in memory.
    """

    def __init__(self, rules: Sequence[Rule], store: Store, kept: Kept) -> None:
        """Args: rules: by query number. store: with the tables of `build`. kept: the events of its matches."""
        self._rules = rules
        self._database = store.database
        self._kept = kept
        self._explanations: dict[tuple[int, int], Explanation] = {}
        self._close = weakref.finalize(self, store.close)

    def close(self) -> None:
        """Give back the disk space; nothing can be asked for afterwards."""
        self._close()

    @property
    def suppressed(self) -> int:
        """How many alerts others stand for."""
        (count,) = self._database.execute("select count(*) from suppressed").fetchone()
        return int(count)

    @property
    def suppressed_by_rule(self) -> dict[str, int]:
        """The same by the id of the rule, of those that have any, in the rules' order."""
        found = self._database.execute(
            "select query, sum(count) from suppression where count > 0 group by query order by query"
        )
        return {str(self._rules[query].id): int(count) for query, count in found}

    def severities(self) -> set[Severity]:
        """How bad they are, each degree once."""
        # Suppressed alerts are of rules that have others.
        found = self._database.execute("select distinct query from alert join match on match.id = alert.match")
        return {self._rules[query].severity for (query,) in found}

    def __len__(self) -> int:
        (count,) = self._database.execute("select count(*) from alert").fetchone()
        return int(count) - self.suppressed

    def __iter__(self) -> Iterator[Alert]:
        return self._made("", ())

    @overload
    def __getitem__(self, at: int) -> Alert: ...
    @overload
    def __getitem__(self, at: slice) -> list[Alert]: ...
    def __getitem__(self, at: int | slice) -> Alert | list[Alert]:
        if isinstance(at, slice):
            return list(self)[at]
        place = at if at >= 0 else len(self) + at
        for alert in self._made("limit 1 offset ?", (place,)) if place >= 0 else ():
            return alert
        raise IndexError(at)

    def _made(self, which: str, arguments: tuple[int, ...]) -> Iterator[Alert]:
        listed = (
            "select alert.id, match.query, key, events, alert.count, size, value, began, ended, suppression.count"  # noqa: S608 - a clause of ours
            " from alert join match on match.id = alert.match left join suppression on suppression.id = alert.id"
            " where alert.id not in (select id from suppressed)"
            f" order by alert.time, alert.rule, alert.id {which}"
        )
        with closing(self._database.execute(listed, arguments)) as rows:
            for some in _portions(rows):
                yield from self._explained(some)

    def _explained(self, rows: Sequence[_Row]) -> Iterator[Alert]:
        places: list[list[int | None]] = [orjson.loads(row.events) for row in rows]
        known = self._kept.loaded(e for some in places for e in some if e is not None)
        shown = [[known(stage, e) for stage, e in enumerate(some) if e is not None] for some in places]
        stages: dict[tuple[int, int], list[tuple[int, Evidence]]] = defaultdict(list)
        for number, (row, found) in enumerate(zip(rows, shown, strict=True)):
            for first, *_ in found:
                stages[row.query, first.stage].append((number, first))
        clauses: list[dict[int, tuple[Clause, ...]]] = [{} for _ in rows]
        for (query, stage), members in stages.items():
            explanation = self._explanation(query, stage)
            for (number, _), held in zip(members, explanation.of([e.event for _, e in members]), strict=True):
                clauses[number][stage] = held
        naming = iter(objects.naming([first.event for found in shown for first, *_ in found]))
        for row, found, by_stage in zip(rows, shown, clauses, strict=True):
            held = tuple(chain.from_iterable(by_stage[stage] for stage in sorted(by_stage)))
            why = Why(held, objects.objects([text for texts in islice(naming, len(found)) for text in texts], held))
            whole = tuple(chain.from_iterable(found))
            yield Alert(
                row.id, self._rules[row.query], whole, why, tuple(orjson.loads(row.key)), row.matches, _suppressed(row)
            )

    def _explanation(self, query: int, stage: int) -> Explanation:
        if (query, stage) not in self._explanations:
            self._explanations[query, stage] = Explanation(self._rules[query], stage)
        return self._explanations[query, stage]


class _Row(NamedTuple):
    """An alert as it is kept."""

    id: str
    query: int
    key: bytes
    events: bytes
    matches: int
    size_bytes: int
    terms: bytes | None
    began: int | None
    ended: int | None
    suppressed: int | None


def _portions(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[_Row]]:
    """Rows, as many at once as may be made."""
    some: list[_Row] = []
    size = 0
    for row in map(_Row._make, rows):
        if some and (len(some) == TOGETHER or size + row.size_bytes > TOGETHER_BYTES):
            yield some
            some, size = [], 0
        some.append(row)
        size += row.size_bytes
    if some:
        yield some


def _suppressed(row: _Row) -> Suppressed | None:
    if row.began is None or row.ended is None or row.suppressed is None:
        return None
    return Suppressed(tuple(orjson.loads(row.terms or b"[]")), row.began, row.ended, row.suppressed)


def _events(database: sqlite3.Connection, kept: Kept, query: int) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """The alerts of a query by time and id: id, time, and the event or what the events of a sequence share."""
    listed = (
        "select alert.id, alert.time, events from alert join match on match.id = alert.match"
        " where match.query = ? order by alert.time, alert.id"
    )
    with closing(database.execute(listed, (query,))) as rows:
        for name, time_ns, events in rows:
            told = [event for event in orjson.loads(events) if event is not None]
            known = kept.loaded(told)
            yield name, time_ns, reduce(shared, (known(0, event)[0].event for event in told))


def _match(plan: Plan, store: Store) -> None:
    for number, query in enumerate(plan.queries):
        for hits in _together(query, number, store):
            _keep(match(query, number, hits), store)


def _keep(found: Iterable[Match], store: Store) -> None:
    found = list(found)
    with store.database:
        store.database.executemany(
            "insert into match (query, key, events, first) values (?, ?, ?, ?)",
            ((m.query, orjson.dumps(m.key), orjson.dumps(m.events), _first(m)) for m in found),
        )
        store.database.executemany(
            "insert or ignore into chosen values (?)",
            ((event,) for m in found for event in m.events if event is not None),
        )


def _first(found: Match) -> int:
    """The event of a match that was read first, in the order of the inputs, whoever read them."""
    return min(event for event in found.events if event is not None)


def _together(query: QueryPlan, number: int, store: Store) -> Iterator[pa.Table]:
    """The hits of a query, as many at once as its matches depend on each other."""
    if isinstance(query, EventPlan) and not query.pipes:
        yield from store.some_hits(number)
        return
    if isinstance(query, EventPlan):
        needed = list(store.some_hits(number))
    else:
        keys = Needed(query)
        for hits in store.some_hits(number):
            keys.see(hits)
        needed = [keys.of(hits) for hits in store.some_hits(number)]
    if needed:
        yield pa.concat_tables(needed)


def _number(rules: Sequence[Rule], store: Store, kept: Kept) -> None:
    """Matches to alerts by id."""
    with closing(store.database.execute("select id, query, events from match order by first, id")) as rows:
        while some := rows.fetchmany(TOGETHER):
            numbers = [[e for e in orjson.loads(events) if e is not None] for *_, events in some]
            known = kept.identified(chain.from_iterable(numbers))
            told = [
                _numbered(rules[query], at, [known[e] for e in of])
                for (at, query, _), of in zip(some, numbers, strict=True)
            ]
            # Copies of one event count as one: the match that was read first stands for all.
            store.database.executemany(
                "insert into alert values (?, ?, ?, ?, ?, 1) on conflict (id) do update set count = count + 1", told
            )
    store.database.execute(_ORDER)  # once all are there: in order, they are put in place at once
    store.database.commit()


def _numbered(rule: Rule, match: int, events: Sequence[Identified]) -> tuple[str, int, str, int, int]:
    name = alert_id(rule.id, [event.id for event in events])
    return name, max(event.time_ns for event in events), str(rule.id), match, sum(event.size_bytes for event in events)
