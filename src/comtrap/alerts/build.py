"""Hits to alerts: matches, their evidence, their ids, and the order they are told in."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from functools import reduce
from typing import TYPE_CHECKING, Any, overload

import orjson
import pyarrow as pa

from comtrap.alerts import suppress
from comtrap.alerts.alert import Alert, Clause, Evidence, Suppressed, Why
from comtrap.alerts.document import shared
from comtrap.alerts.explain import Explanation
from comtrap.alerts.ids import alert_id
from comtrap.alerts.objects import objects
from comtrap.alerts.records import records
from comtrap.match.match import match
from comtrap.match.needed import Needed
from comtrap.plan.plan import EventPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from comtrap.alerts.store import Store
    from comtrap.match.hit import Match
    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.rule import Rule, Severity
    from comtrap.rules.suppression import Suppression

TOGETHER = 256  # alerts made at once
_WRITTEN = tuple(field.name for field in fields(Evidence))

_TABLES = """
create table match (id integer primary key, query integer, key blob, events blob, first integer);
create table chosen (event integer primary key) without rowid;
create table evidence (event integer primary key, time integer, id text, parts blob, whole blob);
create table alert (id text primary key, time integer, rule text, match integer, count integer) without rowid;
create index alert_order on alert (time, rule, id);
"""


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
    store.database.executescript(_TABLES + suppress.TABLES)
    if matches is None:
        _match(plan, store)
    else:
        _keep(matches, store)
    _settle(store)
    _number(rules, store)
    with store.database:
        for number, rule in enumerate(rules):
            if (how := rule.suppression or suppression) is not None:
                suppress.suppress(store.database, number, how, _events(store.database, number))
    return Alerts(rules, store)


class Alerts(Sequence[Alert]):
    """The alerts of a run, each once, sorted by time of the last event, rule id, alert id.

    They are made of what is kept on disk each time they are asked for, so that any number of them fits in memory.
    """

    def __init__(self, rules: Sequence[Rule], store: Store) -> None:
        """Args: rules: by query number. store: with the tables of `build`."""
        self._rules = rules
        self._database = store.database
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
            "select alert.id, match.query, key, events, alert.count, value, began, ended, suppression.count"  # noqa: S608 - a clause of ours
            " from alert join match on match.id = alert.match left join suppression on suppression.id = alert.id"
            " where alert.id not in (select id from suppressed)"
            f" order by alert.time, alert.rule, alert.id {which}"
        )
        with closing(self._database.execute(listed, arguments)) as rows:
            while some := rows.fetchmany(TOGETHER):
                yield from self._explained(some)

    def _explained(self, rows: list[tuple[Any, ...]]) -> Iterator[Alert]:
        evidence = [[_evidence(self._database, s, e) for s, e in enumerate(orjson.loads(row[3]))] for row in rows]
        stages: dict[tuple[int, int], list[tuple[int, Evidence]]] = defaultdict(list)
        for number, (row, found) in enumerate(zip(rows, evidence, strict=True)):
            for one in found:
                if one:
                    stages[row[1], one[0].stage].append((number, one[0]))
        clauses: list[dict[int, tuple[Clause, ...]]] = [{} for _ in rows]
        for (query, stage), members in stages.items():
            explanation = self._explanation(query, stage)
            for (number, _), held in zip(members, explanation.of([e.event for _, e in members]), strict=True):
                clauses[number][stage] = held
        for number, (name, query, key, _, count, *suppressed) in enumerate(rows):
            held = tuple(clause for stage in sorted(clauses[number]) for clause in clauses[number][stage])
            shown = tuple(e for one in evidence[number] for e in one)
            why = Why(held, objects([e for e in shown if e.part is None], held))
            yield Alert(name, self._rules[query], shown, why, tuple(orjson.loads(key)), count, _suppressed(*suppressed))

    def _explanation(self, query: int, stage: int) -> Explanation:
        if (query, stage) not in self._explanations:
            self._explanations[query, stage] = Explanation(self._rules[query], stage)
        return self._explanations[query, stage]


def _suppressed(terms: bytes | None, began: int | None, ended: int | None, count: int | None) -> Suppressed | None:
    if began is None or ended is None or count is None:
        return None
    return Suppressed(tuple(orjson.loads(terms or b"[]")), began, ended, count)


def _events(database: Any, query: int) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """The alerts of a query by time and id: id, time, and the event or what the events of a sequence share."""
    listed = (
        "select alert.id, alert.time, events from alert join match on match.id = alert.match"
        " where match.query = ? order by alert.time, alert.id"
    )
    with closing(database.execute(listed, (query,))) as rows:
        for name, time_ns, events in rows:
            told = (_stored(database, event)[1]["event"] for event in orjson.loads(events) if event is not None)
            yield name, time_ns, reduce(shared, told)


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


def _settle(store: Store) -> None:
    """The events of matches, and the further parts of script blocks among them, as evidence."""
    for raw in store.records("chosen"):
        rows = [
            (r.event, r.evidence.time_ns, r.evidence.id, orjson.dumps(r.parts), _written(r.evidence))
            for r in records(raw)
        ]
        with store.database:
            store.database.executemany("insert or ignore into evidence values (?, ?, ?, ?, ?)", rows)


def _number(rules: Sequence[Rule], store: Store) -> None:
    with closing(store.database.execute("select id, query, events from match order by first, id")) as rows:
        while some := rows.fetchmany(TOGETHER):
            numbered = []
            for number, query, events in some:
                told = [_identified(store, event) for event in orjson.loads(events) if event is not None]
                name = alert_id(rules[query].id, [identity for _, identity in told])
                numbered.append((name, max(time for time, _ in told), str(rules[query].id), number))
            # Copies of one event count as one: the match that was read first stands for all.
            store.database.executemany(
                "insert into alert values (?, ?, ?, ?, 1) on conflict (id) do update set count = count + 1", numbered
            )
    store.database.commit()


def _identified(store: Store, event: int) -> tuple[int, str]:
    found: tuple[int, str] = store.database.execute(
        "select time, id from evidence where event = ?", (event,)
    ).fetchone()
    return found


def _evidence(database: Any, stage: int, event: int | None) -> list[Evidence]:
    """What fills a stage: nothing, the event, or the parts of a script block in order."""
    if event is None:
        return []
    parts, first = _stored(database, event)
    further = [_stored(database, part)[1] for part in orjson.loads(parts)]
    places = enumerate((first, *further), 1)
    return [Evidence(**{**e, "stage": stage, "part": n if n > 1 else None}) for n, e in places]


def _stored(database: Any, event: int) -> tuple[bytes, dict[str, Any]]:
    parts, whole = database.execute("select parts, whole from evidence where event = ?", (event,)).fetchone()
    return parts, orjson.loads(whole)


def _written(evidence: Evidence) -> bytes:
    return orjson.dumps({name: getattr(evidence, name) for name in _WRITTEN}, default=str)
