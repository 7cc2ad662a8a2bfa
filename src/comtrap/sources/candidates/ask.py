"""Which documents of an index could meet a rule, by what the cluster answers to `_eql/search`.

The cluster names documents, no more: they are read like all others, and the rules look at them. Whatever it cannot tell
for certain is read whole, as without it.

Source: the EQL search, field capabilities and mapping APIs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from comtrap.errors import DeployError
from comtrap.events.problems import Narrowed
from comtrap.lang import ast
from comtrap.lang.unparse import unparse_expression
from comtrap.plan.shape import columns_of
from comtrap.remote.answers import member
from comtrap.sources.candidates.condition import ASKED_ALWAYS, CATEGORY, SHAPES, Conditions
from comtrap.sources.candidates.mapping import Use, uses, vetoed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from comtrap.check.typed import Stage
    from comtrap.remote.elasticsearch import Cluster

MOST = 50_000
"""Documents that a cluster may name; of more, it is quicker to read all."""

PAGE = 10_000
"""Documents that an answer may name: the API's own limit, unless an index is set up otherwise."""

TOGETHER = 16_000
"""Characters of conditions that are asked at once, about."""

WAIT = 30
"""Seconds, at most, that the cluster works on a query before it says that it is not done."""

POLLS = 40
"""How often it is asked again then."""

_KEEP = "5m"  # of a query that is not done, from one question to the next
_TIME = "@timestamp"
_NANOS = "strict_date_optional_time_nanos"
_FILTERED = "id,is_running,is_partial,timed_out,shard_failures,hits.events._index,hits.events._id,hits.events.fields"


class _Named(msgspec.Struct):
    """A document that an answer names."""

    id: str = msgspec.field(name="_id")
    fields: dict[str, list[str]] = {}


class _Events(msgspec.Struct):
    events: list[_Named] = []


class _Index(msgspec.Struct):
    mappings: dict[str, Any] = {}


@dataclass(slots=True)
class Candidates:
    """The candidates of one address.

    Attributes:
        cluster: who is asked.
        index: names, patterns and aliases, as in the address.
        times: the bounds of time, as filters.
    """

    cluster: Cluster
    index: str
    times: Sequence[Mapping[str, Any]]
    _ids: set[str] = field(default_factory=set)
    _queries: int = 0

    def among(self, queries: Collection[Sequence[Stage]]) -> tuple[Mapping[str, Any] | None, Narrowed]:
        """The documents to be read for some queries, as a filter; None for all there are."""
        if ":" in self.index:
            return None, self._told({self.index: "it is of a remote cluster, which does not tell its mappings"})
        try:
            groups = self._groups(queries)
        except DeployError as error:
            return None, self._told({self.index: str(error)})
        whole: dict[str, str] = {}
        for conditions, names in groups:
            why = self._whole(conditions, names, queries)
            if why:
                whole |= dict.fromkeys(names, why)
        if not groups or len(whole) == sum(len(names) for _, names in groups):
            return None, self._told(whole)
        try:
            told = self._told(whole, self._count())
        except DeployError as error:
            return None, self._told({self.index: str(error)})
        return {"bool": {"should": list(self._read(whole)), "minimum_should_match": 1}}, told

    def _told(self, whole: dict[str, str], documents: int | None = None) -> Narrowed:
        return Narrowed(self._queries, len(self._ids), documents, whole)

    def _read(self, whole: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        yield {"ids": {"values": sorted(self._ids)}}
        # Values that the index left out, and documents that an answer in the order of time may leave out.
        yield {"exists": {"field": "_ignored"}}
        yield {"bool": {"must_not": [{"exists": {"field": _TIME}}]}}
        if names := sorted(whole):
            yield {"terms": {"_index": names}}

    def _groups(self, queries: Iterable[Sequence[Stage]]) -> list[tuple[Conditions, list[str]]]:
        """The indices by the use of their fields.

        Raises:
            DeployError: the cluster does not tell.
        """
        columns = {name for stages in queries for stage in stages for name in columns_of(stage.predicate)}
        names = sorted(columns.union(ASKED_ALWAYS, SHAPES))
        found = self.cluster.ask("mapping", lambda client: client.indices.get_mapping(index=self.index))
        each = {index: uses(member(found, index, _Index).mappings, names) for index in sorted(found)}
        there = sorted({n for told in each.values() for n, use in told.items() if use not in {Use.ABSENT, Use.UNKNOWN}})
        answer = self.cluster.ask(
            "field capabilities",
            lambda client: client.field_caps(index=self.index, fields=there or [_TIME], include_unmapped=True),
        )
        capable = member(answer, "fields", dict[str, dict[str, Any]])
        unsure = vetoed(capable)
        groups: dict[tuple[tuple[str, Use], ...], list[str]] = {}
        for index, told in each.items():
            sure = {
                name: Use.UNKNOWN if use is not Use.ABSENT and (name in unsure or name not in capable) else use
                for name, use in told.items()
            }
            groups.setdefault(tuple(sure.items()), []).append(index)
        return [(Conditions(dict(key)), indices) for key, indices in groups.items()]

    def _whole(self, conditions: Conditions, names: Sequence[str], queries: Iterable[Sequence[Stage]]) -> str:
        """Why some indices have to be read whole; nothing where it is known which of their documents to read."""
        texts: dict[str, None] = {}
        for stages in queries:
            query = conditions.query(stages)
            if query is None:
                asked = sorted(
                    {name for stage in stages for name in (stage.category or "any", *columns_of(stage.predicate))}
                )
                return f"what is asked of {', '.join(asked)} is not told by its fields"
            assert isinstance(query.body, ast.EventQuery)
            if query.body.condition != ast.Literal(False):  # noqa: FBT003 - of the language
                texts[unparse_expression(query.body.condition)] = None
        try:
            for text in _together(texts):
                self._queries += 1
                self._ask(text, names)
        except DeployError as error:
            return str(error)
        return ""

    def _ask(self, text: str, names: Sequence[str]) -> None:
        """Take the ids of the documents that meet a condition.

        Raises:
            DeployError: the cluster refuses, or there are too many.
        """
        where = [*self.times, {"terms": {"_index": list(names)}}]
        after: list[Mapping[str, Any]] = []
        while True:
            events = self._page(f"any where {text}", [*where, *after])
            before = len(self._ids)
            self._ids.update(event.id for event in events)
            if len(self._ids) > MOST:
                raise DeployError(f"more than {MOST:,} documents could meet a rule", 0, "")
            if len(events) < PAGE:
                return
            last = events[-1].fields.get(_TIME, [])
            if not last or len(self._ids) == before:
                raise DeployError(f"more than {PAGE:,} documents of one time could meet a rule", 0, "")
            after = [{"range": {_TIME: {"gte": last[0], "format": _NANOS}}}]

    def _page(self, query: str, where: Sequence[Mapping[str, Any]]) -> list[_Named]:
        answer = self.cluster.ask(
            "query",
            lambda client: client.eql.search(
                index=self.index,
                query=query,
                filter={"bool": {"filter": list(where)}},
                size=PAGE,
                fetch_size=1_000,
                result_position="head",
                timestamp_field=_TIME,
                event_category_field=CATEGORY,
                fields=[{"field": _TIME, "format": _NANOS}],
                filter_path=_FILTERED,
                allow_partial_search_results=False,
                wait_for_completion_timeout=self._wait,
                keep_on_completion=False,
                keep_alive=_KEEP,
            ),
        )
        if member(answer, "is_running", bool, default=False):
            answer = self._done(member(answer, "id", str))
        wrong = (member(answer, name, bool, default=False) for name in ("is_partial", "timed_out"))
        if any(wrong) or "shard_failures" in answer:
            raise DeployError("query: some shards gave no answer", 200, "")
        # A filtered answer that has nothing lacks even the names.
        events = member(answer, "hits", _Events, default=_Events()).events
        if len(events) > PAGE:
            raise DeployError("query: the answer has more than was asked for", 200, "")
        return events

    @property
    def _wait(self) -> str:
        """Before the client gives up."""
        return f"{min(WAIT, max(1, int(self.cluster.timeout / 2)))}s"

    def _done(self, name: str) -> Mapping[str, msgspec.Raw]:
        """The answer to a query that takes long.

        Raises:
            DeployError: there is none.
        """
        try:
            for _ in range(POLLS):
                answer = self.cluster.ask(
                    "query",
                    lambda client: client.eql.get(
                        id=name, wait_for_completion_timeout=self._wait, keep_alive=_KEEP, filter_path=_FILTERED
                    ),
                )
                if not member(answer, "is_running", bool, default=False):
                    return answer
        finally:
            self._forget(name)
        raise DeployError("query: the cluster is not done with it", 0, "")

    def _forget(self, name: str) -> None:
        try:
            self.cluster.ask("forget", lambda client: client.options(request_timeout=5).eql.delete(id=name), retries=0)
        except DeployError:  # it ends by itself
            return

    def _count(self) -> int:
        """How many documents there are; a figure for people.

        Raises:
            DeployError: the cluster does not tell.
        """
        query: Mapping[str, Any] = {"bool": {"filter": list(self.times)}} if self.times else {"match_all": {}}
        answer = self.cluster.ask("count", lambda client: client.count(index=self.index, query=query))
        return int(member(answer, "count", int))


def _together(texts: Iterable[str]) -> Iterator[str]:
    """Conditions joined to some that are not too long."""
    waiting: list[str] = []
    for text in texts:
        if waiting and sum(map(len, waiting)) + len(text) > TOGETHER:
            yield " or ".join(waiting)
            waiting = []
        waiting.append(f"({text})")
    if waiting:
        yield " or ".join(waiting)
