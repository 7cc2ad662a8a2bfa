"""An Elasticsearch on the loopback interface: it takes what the API takes, refuses the rest, and can be told to fail.

What it keeps is in memory. It is written from the API's description and knows nothing of the code that it is asked by; EQL
alone is answered by `comtrap.search`, which is tested against Elasticsearch's own answers. Beyond what every `Fault` can be,
it may be ``cut`` (done, and half of the answer sent), ``drip`` (answered byte by byte), or a function of the answer, which
gives another.
"""

from __future__ import annotations

import base64
import fnmatch
import gzip
import json
import ssl
import time
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import KEY, Fault, Loopback, break_off

import comtrap
from comtrap.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

USER, PASSWORD = "reader", "a long password"
TLS = Path(__file__).resolve().parent.parent / "deploy" / "tls"
_SHORT = 256  # characters that no mapping here leaves out
WINDOW = 10_000  # index.max_result_window
_LONG = {"wait_for_completion_timeout", "keep_on_completion", "keep_alive"}
_OPTIONS = ("size", "result_position", "timestamp_field", "event_category_field", "tiebreaker_field")
_EQL = {"query", "filter", "fetch_size", "fields", "allow_partial_search_results", "runtime_mappings", *_OPTIONS}
_LONG_MAX = (1 << 63) - 1


class AnsweredError(Exception):
    """A request that ends with an error status."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.body = {"error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}}


@dataclass
class Index:
    """Documents by id, in the order they were written."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    mapping: dict[str, Any] | None = None  # what the documents show where none is given
    stream: bool = False  # a data stream takes `create` only

    @property
    def mapped(self) -> dict[str, Any]:
        return mapping_of(self.documents.values()) if self.mapping is None else self.mapping

    def held(self, name: str) -> dict[str, dict[str, Any]]:
        """The documents with what the index knows of each beside its source."""
        limits: dict[str, int] | None = None
        out = {}
        for i, document in self.documents.items():
            ignored = []
            if any(len(text) > _SHORT for text in _strings(document)):
                if limits is None:
                    limits = {n: told["ignore_above"] for n, told in leaves_of(self.mapped) if "ignore_above" in told}
                ignored = [
                    n
                    for n, limit in limits.items()
                    if any(len(str(v)) > limit for v in _values(document, n.removesuffix(".keyword")))
                ]
            out[i] = {**document, "_index": name, "_id": i, "_ignored": ignored}
        return out


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
    elif isinstance(value, str):
        yield value


def mapping_of(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What dynamic mapping makes of documents under templates as Elastic's: texts are keywords."""
    out: dict[str, Any] = {"properties": {"@timestamp": {"type": "date"}}}

    def add(properties: dict[str, Any], name: str, value: Any) -> None:
        head, _, rest = name.partition(".")
        if rest:
            add(properties.setdefault(head, {"properties": {}})["properties"], rest, value)
        elif isinstance(value, dict):
            inner = properties.setdefault(head, {"properties": {}})["properties"]
            for key, one in value.items():
                add(inner, key, one)
        elif isinstance(value, list):
            for one in value:
                add(properties, head, one)
        elif value is not None:
            kinds = {bool: "boolean", int: "long", float: "double"}
            told = {"type": kinds[type(value)]} if type(value) in kinds else {"type": "keyword", "ignore_above": 1024}
            properties.setdefault(head, told)

    for document in documents:
        for key, value in document.items():
            add(out["properties"], key, value)
    return out


def leaves_of(mapping: dict[str, Any], way: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, told in mapping.get("properties", {}).items():
        if "properties" in told:
            yield from leaves_of(told, f"{way}{key}.")
        else:
            yield f"{way}{key}", told
            for sub, inner in told.get("fields", {}).items():
                yield f"{way}{key}.{sub}", inner


class ElasticServer(Loopback):
    """One cluster; a context manager."""

    def __init__(
        self,
        indices: dict[str, list[dict[str, Any]]] | None = None,
        faults: tuple[Fault, ...] = (),
        *,
        tls: bool = False,
        patience: float = 2.0,
        product: str = "Elasticsearch",
    ) -> None:
        self.indices: dict[str, Index] = {}
        for name, documents in (indices or {}).items():
            self.indices[name] = Index({f"{name}-{n:05d}": one for n, one in enumerate(documents)})
        super().__init__(type("Handler", (_Handler,), {"cluster": self}), faults, patience)
        self.product = product
        self.secured = True
        self.points: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
        self.opened = 0
        self.requests: list[tuple[str, str, Any]] = []
        self.slow = 0  # how often a query is asked for before it is done
        self.running: dict[str, tuple[int, Any]] = {}
        self.refused: dict[str, tuple[int, str, str]] = {}  # by document id, what `_bulk` answers
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"elasticsearch+http{'s' * tls}://127.0.0.1:{self.http.server_port}"

    def asked(self, text: str) -> list[Any]:
        """The bodies of all requests whose ``METHOD path`` has a text."""
        return [body for method, path, body in self.requests if text in f"{method} {path}"]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", [""]:
                return {"name": "test", "version": {"number": "9.0.0"}, "tagline": "You Know, for Search"}
            case "POST", [names, "_pit"]:
                return self.open(unquote(names), query)
            case "DELETE", ["_pit"]:
                return self.close(body)
            case "POST", ["_search"]:
                return self.search(body, query)
            case "POST", [names, "_eql", "search"]:
                return self.eql(unquote(names), body, query)
            case "GET", ["_eql", "search", name]:
                return self.poll(unquote(name), query)
            case "DELETE", ["_eql", "search", name]:
                return self.forget(unquote(name))
            case "GET", [names, "_mapping"]:
                _only(query, set())
                return {n: {"mappings": self.indices[n].mapped} for n in self.resolved(unquote(names))}
            case "POST", [names, "_field_caps"]:
                return self.capabilities(unquote(names), body or {}, query)
            case "POST", [names, "_count"]:
                _only(query, set())
                _only(body, {"query"})
                return {"count": sum(_meets(d, body["query"]) for _, _, d in self.documents(unquote(names)))}
            case (("POST" | "PUT"), [name, "_bulk"]):
                return self.bulk(unquote(name), body)
        raise AnsweredError(
            400, "illegal_argument_exception", f"no handler found for uri [/{path}] and method [{method}]"
        )

    # reading -------------------------------------------------------------------------------------

    def resolved(self, names: str) -> list[str]:
        found: dict[str, None] = {}
        for name in names.split(","):
            if name.startswith("-"):
                for gone in [n for n in found if fnmatch.fnmatchcase(n, name[1:])]:
                    del found[gone]
                continue
            some = [n for n in self.indices if fnmatch.fnmatchcase(n, name)]
            if not some and "*" not in name:
                raise AnsweredError(404, "index_not_found_exception", f"no such index [{name}]")
            found |= dict.fromkeys(sorted(some))
        return list(found)

    def documents(self, names: str) -> list[tuple[str, str, dict[str, Any]]]:
        return [(n, i, d) for n in self.resolved(names) for i, d in self.indices[n].held(n).items()]

    def open(self, names: str, query: dict[str, str]) -> Any:
        _only(query, {"keep_alive", "ignore_unavailable", "allow_partial_search_results", "expand_wildcards"})
        if "keep_alive" not in query:
            raise AnsweredError(400, "action_request_validation_exception", "[keep_alive] is not specified")
        with self.lock:
            self.opened += 1
            name = f"point-{self.opened}"
            self.points[name] = self.documents(names)
        return {"id": name, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0}}

    def close(self, body: Any) -> Any:
        found = self.points.pop(body["id"], None)
        if found is None:
            raise AnsweredError(404, "search_context_missing_exception", "no such point in time")
        return {"succeeded": True, "num_freed": 1}

    def search(self, body: Any, query: dict[str, str]) -> Any:
        _only(query, {"allow_partial_search_results"})
        known = {"pit", "slice", "query", "sort", "size", "search_after", "track_total_hits", "_source"}
        if set(body) - known:
            raise AnsweredError(400, "parsing_exception", f"unknown keys {sorted(set(body) - known)}")
        documents = self.points.get(body["pit"]["id"])
        if documents is None:
            raise AnsweredError(404, "search_context_missing_exception", "No search context found for id [1]")
        size = body.get("size", 10)
        if size > WINDOW:
            raise AnsweredError(400, "illegal_argument_exception", f"Result window is too large: {size} > {WINDOW}")
        assert body["sort"][1] == {"_shard_doc": "asc"}
        cut = body.get("slice")
        rows = [
            ((_millis(d), n), index, name, d)
            for n, (index, name, d) in enumerate(documents)
            if (cut is None or n % cut["max"] == cut["id"]) and _meets(d, body.get("query", {"match_all": {}}))
        ]
        rows.sort(key=lambda row: row[0])
        after = body.get("search_after")
        rows = [row for row in rows if after is None or row[0] > tuple(after)][:size]
        hits = [
            {
                "_index": i,
                "_id": n,
                "_score": None,
                "_source": _filtered(_source(d), body.get("_source")),
                "sort": list(place),
            }
            for place, i, n, d in rows
        ]
        shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
        return {"took": 1, "timed_out": False, "pit_id": body["pit"]["id"], "_shards": shards, "hits": {"hits": hits}}

    def eql(self, names: str, body: Any, query: dict[str, str]) -> Any:
        _only(query, {"allow_partial_search_results", "ignore_unavailable", "filter_path", "allow_no_indices"} | _LONG)
        _only(body, _EQL | _LONG)
        if body.get("size", 10) > WINDOW:
            raise AnsweredError(400, "illegal_argument_exception", "Result window is too large")
        if body.get("fetch_size", 1000) < 2 or body.get("result_position", "tail") not in {"head", "tail"}:
            raise AnsweredError(400, "illegal_argument_exception", "no such fetch_size or result_position")
        indices = []
        for name in self.resolved(names):
            index = self.indices[name]
            kept = [
                {**_source(d), "_id": d["_id"]}
                for d in index.held(name).values()
                if _meets(d, body.get("filter", {"match_all": {}}))
            ]
            indices.append(comtrap.Index(name, kept, index.mapped))
        options = {k: body[k] for k in _OPTIONS if k in body}
        try:
            answer = comtrap.search(body["query"], indices, **options)
        except QueryError as error:
            raise AnsweredError(400, "verification_exception", str(error)) from None
        for event in answer["hits"].get("events", []):
            event["fields"] = {
                one["field"]: [str(v) for v in _values(event["_source"], one["field"])]
                for one in body.get("fields", [])
            }
        answer = _chosen(answer, query.get("filter_path"))
        if not self.slow:
            return answer
        with self.lock:
            name = f"query-{len(self.running)}"
            self.running[name] = (self.slow, answer)
        return {"id": name, "is_partial": True, "is_running": True}

    def poll(self, name: str, query: dict[str, str]) -> Any:
        _only(query, {"wait_for_completion_timeout", "keep_alive", "filter_path"})
        with self.lock:
            if name not in self.running:
                raise AnsweredError(404, "resource_not_found_exception", name)
            left, answer = self.running[name]
            self.running[name] = (left - 1, answer)
        return answer if left <= 1 else {"id": name, "is_partial": True, "is_running": True}

    def forget(self, name: str) -> Any:
        if self.running.pop(name, None) is None:
            raise AnsweredError(404, "resource_not_found_exception", name)
        return {"acknowledged": True}

    def capabilities(self, names: str, body: Any, query: dict[str, str]) -> Any:
        _only(query, {"fields", "include_unmapped"})
        _only(body, {"fields"})
        asked = body.get("fields") or query["fields"].split(",")
        indices = self.resolved(names)
        found: dict[str, dict[str, list[str]]] = {}
        for index in indices:
            told = dict(leaves_of(self.indices[index].mapped))
            for name in asked:
                kind = told[name]["type"] if name in told else "unmapped"
                kind = {"wildcard": "keyword", "constant_keyword": "keyword"}.get(kind, kind)
                found.setdefault(name, {}).setdefault(kind, []).append(index)
        return {
            "indices": indices,
            "fields": {
                name: {
                    kind: {
                        "type": kind,
                        "metadata_field": False,
                        "searchable": kind != "unmapped",
                        "aggregatable": True,
                    }
                    | ({} if len(kinds) == 1 else {"indices": where})
                    for kind, where in kinds.items()
                }
                for name, kinds in found.items()
                if set(kinds) != {"unmapped"}
            },
        }

    # writing -------------------------------------------------------------------------------------

    def bulk(self, name: str, lines: list[Any]) -> Any:
        items = []
        with self.lock:
            index = self.indices.setdefault(name, Index())
            for action, document in zip(lines[::2], lines[1::2], strict=True):
                ((kind, told),) = action.items()
                items.append({kind: self._written(index, kind, {"_index": name} | told, document)})
        return {"took": 1, "errors": any("error" in next(iter(i.values())) for i in items), "items": items}

    def _written(self, index: Index, kind: str, told: dict[str, Any], document: Any) -> dict[str, Any]:
        name = told["_id"]
        status, wrong, why = self.refused.get(name, (0, "", ""))
        if index.stream and kind != "create":
            status, wrong, why = (
                400,
                "illegal_argument_exception",
                "only write ops with an op_type of create are allowed",
            )
        elif not status and kind == "create" and name in index.documents:
            status, wrong, why = 409, "version_conflict_engine_exception", f"[{name}]: document already exists"
        if status:
            return {**told, "status": status, "error": {"type": wrong, "reason": why}}
        index.documents[name] = document
        return {**told, "status": 201, "result": "created"}


class _Handler(BaseHTTPRequestHandler):
    cluster: ElasticServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Elasticsearch", ""

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the other side has gone, or does not like the certificate
            self.close_connection = True

    def do_POST(self) -> None:
        self._answer()

    do_PUT = do_DELETE = do_GET = do_POST  # noqa: N815 - the names that http.server looks for

    def _answer(self) -> None:
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        asked = f"{self.command} {split.path}"
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        try:
            body = self._body(data)
            with self.cluster.lock:
                self.cluster.requests.append((self.command, split.path, body))
            self._allowed()
            fault = self.cluster.fault(asked)
            if fault is not None:
                fault.then()
                if fault.how == "reset":
                    break_off(self)
                    return
                if fault.how == "silence":
                    time.sleep(self.cluster.patience)
                    break_off(self)
                    return
                if isinstance(fault.how, int):
                    error = AnsweredError(fault.how, "told_to_fail_exception", "told to fail")
                    self._send(fault.how, error.body | {"status": fault.how}, headers=fault.headers)
                    return
            answer = self.cluster.answer(self.command, split.path, query, body)
            self._send(200, answer, fault)
        except AnsweredError as error:
            self._send(error.status, error.body | {"status": error.status})

    def _body(self, data: bytes) -> Any:
        if not data:
            return None
        kind = self.headers.get("content-type", "")
        if "x-ndjson" in kind:
            assert data.endswith(b"\n")
            return [json.loads(line) for line in data.decode().splitlines()]
        if "json" not in kind:
            raise AnsweredError(406, "media_type_header_exception", f"Content-Type header [{kind}] is not supported")
        return json.loads(data)

    def _allowed(self) -> None:
        given = self.headers.get("authorization", "")
        basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.cluster.secured and given not in {f"ApiKey {KEY}", basic}:
            # The real one does not repeat what it was given; one that means harm would.
            raise AnsweredError(401, "security_exception", f"unable to authenticate with provided credentials {given}")

    def _send(
        self, status: int, answer: Any, fault: Fault | None = None, headers: dict[str, str] | None = None
    ) -> None:
        how = None if fault is None else fault.how
        if how == "lost":
            break_off(self)
            return
        if callable(how):
            answer = how(answer)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        kind = "application/vnd.elasticsearch+json;compatible-with=9"
        if how == "garbage":
            data, kind = b"<html>out of order</html>", "text/html"
        self.send_response(status)
        for name, value in {"X-elastic-product": self.cluster.product, **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if how == "cut":
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        if how == "drip":
            for at in range(len(data)):
                self.wfile.write(data[at : at + 1])
                self.wfile.flush()
                time.sleep(self.cluster.patience / 10)
            return
        self.wfile.write(data)


def _source(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in {"_index", "_id", "_ignored"}}


def _chosen(answer: dict[str, Any], paths: str | None) -> dict[str, Any]:
    """What `filter_path` leaves of an answer."""
    if paths is None:
        return answer
    wanted = paths.split(",")
    out = {key: value for key, value in answer.items() if key in wanted}
    names = [path.removeprefix("hits.events.") for path in wanted if path.startswith("hits.events.")]
    events = [{name: event[name] for name in names if name in event} for event in answer["hits"].get("events", [])]
    return out | ({"hits": {"events": events}} if events else {})


def _only(query: dict[str, str], known: set[str]) -> None:
    if set(query) - known:
        raise AnsweredError(400, "illegal_argument_exception", f"unrecognized parameters: {sorted(set(query) - known)}")


def _values(document: Any, name: str) -> list[Any]:
    """What stands at a dotted name, however the name is written."""
    if name == "":
        return document if isinstance(document, list) else [document]
    out = []
    for one in document if isinstance(document, list) else [document]:
        if isinstance(one, dict):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                key = ".".join(parts[:end])
                if key in one and one[key] is not None:
                    out += _values(one[key], ".".join(parts[end:]))
    return out


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))


def _millis(document: dict[str, Any]) -> int:
    found = _values(document, "@timestamp")
    return int(_moment(found[0]).timestamp() * 1000) if found else _LONG_MAX


def _meets(document: dict[str, Any], query: dict[str, Any]) -> bool:
    ((kind, told),) = query.items()
    if kind == "match_all":
        return True
    if kind == "ids":
        return document["_id"] in told["values"]
    if kind == "exists":
        return bool(_values(document, told["field"]))
    if kind == "bool":
        assert set(told) <= {"filter", "must_not", "should", "minimum_should_match"}, told
        some = [_meets(document, one) for one in told.get("should", [])]
        return (
            all(_meets(document, one) for one in told.get("filter", []))
            and not any(_meets(document, one) for one in told.get("must_not", []))
            and (not some or any(some))
        )
    ((where, what),) = told.items()
    found = _values(document, where)
    if kind in {"term", "terms"}:
        wanted = {str(one) for one in (what if kind == "terms" else [what])}
        return any(str(value) in wanted for value in found)
    if kind == "prefix":
        return any(str(value).startswith(what) for value in found)
    assert kind == "range", kind
    assert set(what) <= {"gte", "lt", "format"}, what
    return any(_between(_moment(value), what) for value in found)


def _between(moment: datetime, what: dict[str, str]) -> bool:
    return ("gte" not in what or moment >= _moment(what["gte"])) and ("lt" not in what or moment < _moment(what["lt"]))


def _filtered(document: dict[str, Any], wanted: Any) -> dict[str, Any]:
    if wanted is None:
        return document
    return dict(_less(document, "", wanted["excludes"]))


def _less(document: dict[str, Any], way: str, excluded: list[str]) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        name = f"{way}{key}"
        if not any(fnmatch.fnmatchcase(name, one) for one in excluded):
            yield key, dict(_less(value, f"{name}.", excluded)) if isinstance(value, dict) else value
