"""Documents of Elasticsearch as the lines that an export of them would have.

An index is read at a point in time, in slices at once, in the order of its events. Each hit becomes a line of NDJSON, as
tools that export an index write it, and is read as such: whatever is found in an export is found here, and the other way
round. Pages wait to be asked for, so that no more than two of each slice are held.

Source: the search API, "paginate search results": point in time, slices, search_after.
"""

from __future__ import annotations

import heapq
import io
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunningError
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from comtrap.errors import DeployError, SourceError
from comtrap.remote.access import access
from comtrap.remote.address import address
from comtrap.remote.answers import member
from comtrap.remote.cluster import cluster
from comtrap.sources.candidates.ask import Candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from comtrap.events.problems import Problems
    from comtrap.events.wanted import Wanted
    from comtrap.remote.elasticsearch import Cluster
    from comtrap.sources.manner import Manner

SLICES = 4
"""Parts of an index that are asked for at once."""

PAGE = 1_000  # hits of a slice that are asked for at once, as long as they are small
PAGE_BYTES = 4 << 20
"""What a page may have, about, before the next has fewer hits."""

KEEP_ALIVE = "10m"  # of the point in time, from one page to the next
_SORT: list[Mapping[str, Any]] = [
    # One resolution for all indices: a field may be a date in one and a date_nanos in another.
    {"@timestamp": {"order": "asc", "missing": "_last", "unmapped_type": "date", "numeric_type": "date"}},
    {"_shard_doc": "asc"},
]
CLOSING = 5.0
"""Seconds to wait for the answer when a point in time is let go of; where none comes it ends by itself."""

_TOO_LARGE = 413
_NOTHING = msgspec.Raw(b"")


class Hit(msgspec.Struct, frozen=True):
    """One document of an answer.

    Attributes:
        index: where it is.
        id: its id there.
        source: its text; empty where the index keeps none.
        sort: its time in milliseconds, and its place among all.
    """

    index: str = msgspec.field(name="_index")
    id: str = msgspec.field(name="_id")
    source: msgspec.Raw = msgspec.field(name="_source", default=_NOTHING)
    sort: tuple[int, int] = (0, 0)

    @property
    def size_bytes(self) -> int:
        """How long its text is."""
        return len(memoryview(self.source))

    @property
    def line(self) -> bytes:
        """It as a line of NDJSON."""
        head = msgspec.json.encode({"_index": self.index, "_id": self.id})
        # A document is stored as it was sent, its line ends too; within strings there are none.
        source = bytes(self.source).replace(b"\n", b" ").replace(b"\r", b" ")
        if not source:
            return head + b"\n"
        return head[:-1] + b',"_source":' + source + b"}\n"


class _Hits(msgspec.Struct):
    hits: list[Hit]


class _Shards(msgspec.Struct):
    failed: int = 0


@contextmanager
def opened(
    path: str, manner: Manner, wanted: Wanted | None = None, problems: Problems | None = None
) -> Iterator[io.RawIOBase]:
    """The documents of an address as a stream of lines, until it is left.

    Args:
        path: the address.
        manner: how it is read; with `push_down` only documents that could matter are.
        wanted: says which could.
        problems: takes what the cluster was asked for that.

    Raises:
        PluginError: the client is not installed, or the address cannot be used.
        SourceError: the cluster refuses; so do reads of the stream, where it does later.
    """
    allowed = manner.access or access()
    place = address(path, plain=allowed.plain)
    with cluster(place, allowed) as asked:
        try:
            reading = _Reading(asked, place.index, _query(asked, place.index, manner, wanted, problems))
            try:
                yield _Lines(reading.hits())
            finally:
                reading.close()
        except DeployError as error:
            raise SourceError(str(error)) from None


def _query(
    cluster: Cluster, index: str, manner: Manner, wanted: Wanted | None, problems: Problems | None
) -> Mapping[str, Any]:
    """What documents have to meet to be read."""
    times = bounds(manner)
    query: Mapping[str, Any] = {"bool": {"filter": times}} if times else {"match_all": {}}
    queries = None if wanted is None or wanted.narrowing is None else wanted.narrowing.queries
    if not manner.push_down or queries is None or problems is None:
        return query
    narrowed, told = Candidates(cluster, index, times).among(queries)
    problems.narrowed[f"{cluster.url}/{index}"] = told
    return query if narrowed is None else {"bool": {"filter": [*times, narrowed]}}


def bounds(manner: Manner) -> list[Mapping[str, Any]]:
    """What a manner of reading asks of a document's time."""
    limits = {"gte": manner.since, "lt": manner.until}
    moments = {name: moment.isoformat() for name, moment in limits.items() if moment is not None}
    return [{"range": {"@timestamp": {**moments, "format": "strict_date_optional_time_nanos"}}}] if moments else []


class _Reading:
    """One reading of some indices."""

    def __init__(self, cluster: Cluster, index: str, query: Mapping[str, Any]) -> None:
        self._cluster = cluster
        self._query = query
        self._stopped = threading.Event()
        opened = cluster.ask(
            f"open {index}", lambda client: client.open_point_in_time(index=index, keep_alive=KEEP_ALIVE)
        )
        first = member(opened, "id", str)
        self._points = [first] * SLICES

    def hits(self) -> Iterator[Hit]:
        """All documents, by time and place.

        Raises:
            DeployError: the cluster refuses.
        """
        first = [_begun(partial(self._page, number, None, PAGE)) for number in range(SLICES)]
        slices = [self._slice(number, page) for number, page in enumerate(first)]
        return heapq.merge(*slices, key=lambda hit: hit.sort)

    def close(self) -> None:
        """Stop, and let go of the point in time; where that fails it ends by itself."""
        self._stopped.set()
        for point in dict.fromkeys(self._points):
            try:
                self._cluster.ask("close", partial(_close, point), retries=0)
            except DeployError:
                return

    def _slice(self, number: int, first: Future[tuple[list[Hit], int]]) -> Iterator[Hit]:
        waiting: Future[tuple[list[Hit], int]] | None = first
        while waiting is not None:
            hits, size = _result(waiting)
            waiting = None
            if len(hits) >= size:
                size_bytes = max(1, sum(hit.size_bytes for hit in hits))
                size = max(1, min(PAGE, len(hits) * PAGE_BYTES // size_bytes))
                waiting = _begun(partial(self._page, number, hits[-1].sort, size))
            yield from hits

    def _page(self, number: int, after: tuple[int, int] | None, size: int) -> tuple[list[Hit], int]:
        """The next hits of a slice, and how many there would be if there were more."""
        while not self._stopped.is_set():
            try:
                return self._hits(number, after, size), size
            except DeployError as error:
                if error.status != _TOO_LARGE or size == 1:
                    raise
            size = max(1, size // 8)
        raise DeployError("stopped", 0, "")

    def _hits(self, number: int, after: tuple[int, int] | None, size: int) -> list[Hit]:
        more: dict[str, Any] = {} if after is None else {"search_after": list(after)}
        answer = self._cluster.ask(
            "search",
            lambda client: client.search(
                pit={"id": self._points[number], "keep_alive": KEEP_ALIVE},
                slice={"id": number, "max": SLICES},
                query=self._query,
                sort=_SORT,
                size=size,
                track_total_hits=False,
                allow_partial_search_results=False,
                **more,
            ),
        )
        if (
            member(answer, "timed_out", bool, default=False)
            or member(answer, "_shards", _Shards, default=_Shards()).failed
        ):
            raise DeployError("search: some shards gave no answer", 200, "")
        self._points[number] = member(answer, "pit_id", str, default=self._points[number])
        hits = member(answer, "hits", _Hits).hits
        places = [*([] if after is None else [after]), *(hit.sort for hit in hits)]
        if len(hits) > size or any(one >= other for one, other in pairwise(places)):
            raise DeployError("search: the answer is out of order, or has more than was asked for", 200, "")
        return hits


class _Lines(io.RawIOBase):
    """Hits as bytes, made as they are read."""

    def __init__(self, hits: Iterator[Hit]) -> None:
        super().__init__()
        self._hits = hits
        self._ready = b""
        self._broken = ""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many; none at the end.

        Raises:
            SourceError: the cluster refuses; what it gave before was read.
        """
        parts, length = [self._ready], len(self._ready)
        while size < 0 or length < size:
            line = self._line()
            if not line:
                break
            parts.append(line)
            length += len(line)
        data = b"".join(parts)
        if self._broken and not data:
            raise SourceError(self._broken)
        if size < 0:
            size = len(data)
        self._ready = data[size:]
        return data[:size]

    def _line(self) -> bytes:
        """The next line, nothing where there is none."""
        try:
            hit = next(self._hits, None)
        except DeployError as error:
            self._broken = str(error)
            return b""
        return b"" if hit is None else hit.line


def _close(point: str, client: Any) -> Any:
    return client.options(request_timeout=CLOSING).close_point_in_time(id=point)


def _begun(page: Callable[[], tuple[list[Hit], int]]) -> Future[tuple[list[Hit], int]]:
    """A page that is being asked for. The run may end without its answer, which can take as long as a timeout."""
    out: Future[tuple[list[Hit], int]] = Future()

    def run() -> None:
        try:
            out.set_result(page())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the page gets it
            out.set_exception(error)

    threading.Thread(target=run, name="elasticsearch", daemon=True).start()
    return out


def _result(waiting: Future[tuple[list[Hit], int]]) -> tuple[list[Hit], int]:
    """What a thread finds. Windows lets nobody interrupt a wait without an end."""
    while True:
        try:
            return waiting.result(1.0)
        except StillRunningError:
            if waiting.done():
                raise
