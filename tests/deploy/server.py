"""A Kibana on the loopback interface: it takes what Kibana's API takes, refuses the rest, and can be told to fail.

What it keeps is in memory. Every request is checked: method and path, the headers that Kibana wants, every field of a body
and its type, ids that are there already, references to exception lists that are not. It is written from the API's
description and knows nothing of the code that it is asked by. Beyond what every `Fault` can be, it may be ``half`` (of an
import the first half is done, then 500), ``drop`` (an import takes references to exceptions off and says so),
``drop_quietly``, ``duplicate`` (an import makes every rule a second time), ``refuse`` (an import refuses its first rule).
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import time
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.deploy import schema
from tests.deploy.schema import RefusedError
from tests.loopback import KEY, Fault, Loopback, break_off

OPENED = "2026-01-05T08:00:00.000Z"
RULES, LISTS, ITEMS = "/api/detection_engine/rules", "/api/exception_lists", "/api/exception_lists/items"
_TAGS = re.compile(r'alert\.attributes\.tags:"([^"]+)"')
_IDS = re.compile(r'alert\.attributes\.params\.ruleId:\(("[^"]+"(?: or "[^"]+")*)\)')
_LIST_TAGS = re.compile(r'exception-list\.attributes\.tags:"([^"]+)"')
_LARGEST = 10_485_760


class AnsweredError(Exception):
    """A request that ends with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class KibanaServer(Loopback):
    """One Kibana with one space; a context manager."""

    def __init__(self, space: str = "default", faults: tuple[Fault, ...] = (), patience: float = 2.0) -> None:
        self.prefix = "" if space == "default" else f"/s/{space}"
        super().__init__(type("Handler", (_Handler,), {"kibana": self}), faults, patience)
        self.rules: list[dict[str, Any]] = []
        self.lists: list[dict[str, Any]] = []
        self.items: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.clock = 0
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def stamp(self, made: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        self.clock += 1
        now = f"2026-01-05T08:{self.clock // 60 % 60:02d}:{self.clock % 60:02d}.{self.clock // 3600:03d}Z"
        old = before or {"id": str(uuid.uuid4()), "created_at": now, "created_by": "someone"}
        kept = {name: old[name] for name in ("id", "created_at", "created_by")}
        return made | kept | {"updated_at": now, "updated_by": "someone"}

    # rules ---------------------------------------------------------------------------------------

    def save_rule(self, given: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        defaults: dict[str, Any] = {
            "enabled": False, "version": 1, "tags": [], "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100,
            "author": [], "references": [], "false_positives": [], "setup": "", "threat": [], "risk_score_mapping": [],
            "severity_mapping": [], "related_integrations": [], "required_fields": [], "actions": [], "exceptions_list": [],
            "output_index": "", "meta": {"from": "1m"},
        }  # fmt: skip
        made = defaults | {k: v for k, v in given.items() if k not in schema.ANSWERED}
        made["required_fields"] = [one | {"ecs": True} for one in made["required_fields"]]
        for name in ("note", "query", "setup"):
            if isinstance(made.get(name), str):
                made[name] = made[name].rstrip("\n") + "\n" * (name == "note")
        made["tags"] = list(reversed(made["tags"]))
        made |= {"immutable": False, "rule_source": {"type": "internal"}}
        made["revision"] = before["revision"] + 1 if before else 0
        made = self.stamp(made, before)
        if before:
            self.rules[self.rules.index(before)] = made
        else:
            self.rules.append(made)
        return made

    def import_rules(self, query: dict[str, str], text: str, fault: Fault | None) -> dict[str, Any]:
        errors: list[dict[str, Any]] = []
        wrong: list[dict[str, Any]] = []
        given = []
        for line in text.splitlines():
            try:
                given.append(json.loads(line))
            except ValueError as error:
                errors.append(_error("(unknown)", 400, str(error)))
        given = [one for one in given if "exported_count" not in one]
        rules = [one for one in given if not {"list_id", "item_id", "entries", "attributes"} & set(one)]
        for one in (one for one in given if {"list_id", "item_id", "entries"} & set(one)):
            self.import_exception(one, wrong, overwrite=query.get("overwrite_exceptions") == "true")
        if len(rules) > 10_000:
            raise AnsweredError(500, "Can't import more than 10000 rules")
        how = fault.how if fault else ""
        if how == "half":
            rules = rules[: len(rules) // 2]
        if how == "refuse":
            errors.append(_error(rules[0]["rule_id"], 400, "told to refuse it"))
            rules = rules[1:]
        last = {one.get("rule_id"): one for one in rules}
        if len(last) < len(rules) and query.get("overwrite") != "true":
            errors.append(_error("?", 400, 'More than one rule with rule-id: "?" found'))
        done = [self.import_rule(one, errors, how, overwrite=query.get("overwrite") == "true") for one in last.values()]
        if how == "half":
            raise AnsweredError(500, "told to break half-way")
        return {
            "success": not errors, "success_count": sum(done), "rules_count": len(rules), "errors": errors,
            "exceptions_success": not wrong, "exceptions_success_count": len(given) - len(rules), "exceptions_errors": wrong,
            "action_connectors_success": True, "action_connectors_success_count": 0, "action_connectors_errors": [],
            "action_connectors_warnings": [],
        }  # fmt: skip

    def import_rule(
        self, one: dict[str, Any], errors: list[dict[str, Any]], how: int | str, *, overwrite: bool
    ) -> bool:
        name = one.get("rule_id", "(unknown)")
        try:
            schema.rule(one, imported=True)
        except RefusedError as error:
            errors.append(_error(name, 400, str(error)))
            self.complaints.append(str(error))
            return False
        before = next((r for r in self.rules if r["rule_id"] == name), None)
        if before and before["immutable"]:
            errors.append(_error(name, 400, "a prebuilt rule cannot be overwritten"))
            self.complaints.append(f"{name} is prebuilt")
            return False
        if before and not overwrite:
            errors.append(_error(name, 409, f'rule_id: "{name}" already exists'))
            return False
        made = one | {"exceptions_list": self.resolved(one, errors, how)}
        self.save_rule(made, before)
        if how == "duplicate":
            self.save_rule(made)
        return True

    def resolved(self, rule: dict[str, Any], errors: list[dict[str, Any]], how: int | str) -> list[dict[str, Any]]:
        kept = []
        for one in rule.get("exceptions_list", []):
            there = self.find_list(one["list_id"], one["namespace_type"])
            if there is None or how in {"drop", "drop_quietly"}:
                said = (
                    f'Rule with rule_id: "{rule["rule_id"]}" references a non existent exception list of list_id: '
                    f'"{one["list_id"]}". Reference has been removed.'
                )
                if how != "drop_quietly":
                    errors.append(_error(rule["rule_id"], 400, said))
                if there is None:
                    self.complaints.append(said)
            else:
                kept.append(one | {"id": there["id"]})
        return kept

    def import_exception(self, one: dict[str, Any], wrong: list[dict[str, Any]], *, overwrite: bool) -> None:
        is_item = "item_id" in one or "entries" in one
        try:
            (schema.exception_item if is_item else schema.exception_list)(one, imported=True)
            if is_item:
                self.needs_list(one["list_id"])
        except RefusedError as error:
            wrong.append(
                {"item_id" if is_item else "list_id": "x", "error": {"status_code": 400, "message": str(error)}}
            )
            self.complaints.append(str(error))
            return
        known = self.find_item(one["item_id"]) if is_item else self.find_list(one["list_id"])
        if known is not None and not overwrite:
            message = f"{'item' if is_item else 'list'}_id already exists"
            wrong.append({"list_id": one["list_id"], "error": {"status_code": 409, "message": message}})
            return
        self.save(self.items if is_item else self.lists, one, known)

    # lists and items -----------------------------------------------------------------------------

    def find_list(self, list_id: str, namespace: str = "single") -> dict[str, Any] | None:
        return next((o for o in self.lists if (o["list_id"], o["namespace_type"]) == (list_id, namespace)), None)

    def needs_list(self, list_id: str) -> None:
        if self.find_list(list_id) is None:
            raise RefusedError(f"item: list_id {list_id!r} does not exist")

    def find_item(self, item_id: str) -> dict[str, Any] | None:
        return next((one for one in self.items if one["item_id"] == item_id), None)

    def save(self, into: list[dict[str, Any]], given: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        filled = {"namespace_type": "single", "os_types": [], "tags": [], "tie_breaker_id": str(uuid.uuid4())}
        filled |= (
            {"list_id": str(uuid.uuid4()), "version": 1, "immutable": False} if into is self.lists else {"comments": []}
        )
        kept = (
            {name: before[name] for name in ("list_id", "item_id", "tie_breaker_id") if name in before}
            if before
            else {}
        )
        made = self.stamp(filled | {k: v for k, v in given.items() if k not in schema.OF_LISTS} | kept, before)
        if into is self.items:
            made.setdefault("item_id", str(uuid.uuid4()))
        made["_version"] = f"v{self.clock}"
        if before:
            into[into.index(before)] = made
        else:
            into.append(made)
        return made

    def write(self, method: str, body: dict[str, Any], *, items: bool) -> dict[str, Any]:
        update = method == "PUT"
        (schema.exception_item if items else schema.exception_list)(body, update=update)
        into, name = (self.items, "item_id") if items else (self.lists, "list_id")
        before = next((one for one in into if one[name] == body.get(name)), None)
        if update and before is None:
            raise AnsweredError(404, f"{name} {body.get(name)!r} does not exist")
        if not update and before is not None:
            raise AnsweredError(409, f"{name} {body.get(name)!r} already exists")
        if update and body.get("_version", before["_version"]) != before["_version"]:
            raise AnsweredError(409, "version conflict")
        if items and not update and self.find_list(body["list_id"]) is None:
            raise AnsweredError(404, f"exception list {body['list_id']!r} does not exist")
        return self.save(into, body, before)


class _Handler(BaseHTTPRequestHandler):
    kibana: KibanaServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for the other side's delayed acknowledgement

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        kibana = self.kibana
        with kibana.lock:
            kibana.requests.append((method, parts.path))
            fault = kibana.fault(f"{method} {parts.path}")
            how = fault.how if fault else ""
            if fault:
                fault.then()
            if how == "reset":
                return break_off(self)
            if isinstance(how, int):
                return self._answer(how, {"statusCode": how, "error": "Told", "message": "told to fail"}, fault.headers)
            try:
                status, answer = 200, self._do(method, parts.path, query, body, fault)
            except RefusedError as error:
                status, answer = 400, {"statusCode": 400, "error": "Bad Request", "message": str(error)}
            except AnsweredError as error:
                status, answer = error.status, {"status_code": error.status, "message": str(error)}
            if status in {400, 401, 405, 415} and how != "refuse":
                kibana.complaints.append(f"{method} {self.path}: {answer}")
        if how == "lost":
            return break_off(self)
        if how == "silence":
            time.sleep(kibana.patience)
            return break_off(self)
        if how == "garbage":
            return self._answer(200, None, {}, b"<html>\xff\x00 a proxy's page </html>")
        return self._answer(status, answer, {})

    def _answer(self, status: int, value: Any, headers: dict[str, str], raw: bytes | None = None) -> None:
        data = json.dumps(value).encode() if raw is None else raw
        self.send_response(status)
        for name, given in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, given)
        self.end_headers()
        self.wfile.write(data)

    def _do(self, method: str, path: str, query: dict[str, str], body: bytes, fault: Fault | None) -> Any:
        if self.headers.get("authorization") != f"ApiKey {KEY}":
            raise AnsweredError(
                401, "unable to authenticate with the key that was sent: " + self.headers.get("authorization", "")
            )
        if method != "GET" and not self.headers.get("kbn-xsrf"):
            raise AnsweredError(400, "Request must contain a kbn-xsrf header.")
        if self.headers.get("elastic-api-version") != "2023-10-31":
            raise AnsweredError(400, "Please specify a version via elastic-api-version header.")
        if not path.startswith(f"{self.kibana.prefix}/api/"):
            raise AnsweredError(404, "Not Found")
        path = path.removeprefix(self.kibana.prefix)
        if path.startswith(RULES):
            return self._rules(method, path.removeprefix(RULES), query, body, fault)
        return self._exceptions(method, path, query, body)

    def _rules(self, method: str, path: str, query: dict[str, str], body: bytes, fault: Fault | None) -> Any:
        match method, path:
            case "GET", "/_find":
                return self._find_rules(query)
            case "POST", "/_import":
                return self.kibana.import_rules(query, self._file(body), fault)
            case "POST", "/_bulk_action":
                return self._bulk(self._json(body))
            case "DELETE", "":
                return self._delete(self.kibana.rules, query, "rule_id")
        raise AnsweredError(405, f"no {method} {path}")

    def _exceptions(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        match method, path:
            case "GET", "/api/exception_lists":
                _only(query, {"list_id", "namespace_type"})
                found = self.kibana.find_list(query["list_id"], query["namespace_type"])
                if found is None:
                    raise AnsweredError(404, f'exception list list_id: "{query["list_id"]}" does not exist')
                return found
            case "GET", "/api/exception_lists/_find":
                tag = _LIST_TAGS.fullmatch(query.get("filter", ""))
                if query.get("filter") and tag is None:
                    raise AnsweredError(400, "KQLSyntaxError")
                found_lists = [one for one in self.kibana.lists if tag is None or tag[1] in one["tags"]]
                return _page(found_lists, query, {"namespace_type", "filter"}, "per_page")
            case "GET", "/api/exception_lists/items/_find":
                if self.kibana.find_list(query["list_id"], query["namespace_type"]) is None:
                    raise AnsweredError(404, f'exception list list_id: "{query["list_id"]}" does not exist')
                items = [one for one in self.kibana.items if one["list_id"] == query["list_id"]]
                return _page(items, query, {"list_id", "namespace_type"}, "per_page")
            case (("POST" | "PUT"), "/api/exception_lists"):
                return self.kibana.write(method, self._json(body), items=False)
            case (("POST" | "PUT"), "/api/exception_lists/items"):
                return self.kibana.write(method, self._json(body), items=True)
            case "DELETE", "/api/exception_lists":
                gone = self._delete(self.kibana.lists, query, "list_id")
                self.kibana.items = [one for one in self.kibana.items if one["list_id"] != gone["list_id"]]
                return gone
            case "DELETE", "/api/exception_lists/items":
                return self._delete(self.kibana.items, query, "item_id")
        raise AnsweredError(405, f"no {method} {path}")

    def _json(self, body: bytes) -> dict[str, Any]:
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise AnsweredError(415, "Unsupported Media Type")
        found = json.loads(body)
        if not isinstance(found, dict):
            raise RefusedError("body: Expected object")
        return found

    def _file(self, body: bytes) -> str:
        kind = self.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data; boundary="):
            raise AnsweredError(415, "Unsupported Media Type")
        if len(body) > _LARGEST:
            raise AnsweredError(413, "Payload content length greater than maximum allowed")
        message = email.message_from_bytes(f"Content-Type: {kind}\n\n".encode() + body, policy=email.policy.HTTP)
        parts = list(message.iter_parts())
        if len(parts) != 1 or parts[0].get_param("name", header="content-disposition") != "file":
            raise AnsweredError(400, "[request body]: Expected a part named file")
        if not (parts[0].get_filename() or "").endswith(".ndjson"):
            raise AnsweredError(400, "Invalid file extension")
        return parts[0].get_payload(decode=True).decode()

    def _find_rules(self, query: dict[str, str]) -> dict[str, Any]:
        asked = query.get("filter", "")
        tag, ids = _TAGS.fullmatch(asked), _IDS.fullmatch(asked)
        if asked and tag is None and ids is None:
            raise AnsweredError(400, "KQLSyntaxError")
        names = set(re.findall(r'"([^"]+)"', ids[1])) if ids else set()
        found = [
            one
            for one in self.kibana.rules
            if not asked or (tag and tag[1] in one["tags"]) or (ids and one["rule_id"] in names)
        ]
        page = _page(found, query, {"filter"}, "per_page")
        return {"page": page["page"], "perPage": page["per_page"], "total": page["total"], "data": page["data"]}

    def _bulk(self, body: dict[str, Any]) -> dict[str, Any]:
        schema.table({"action": schema.one_of("delete"), "ids": schema.many(schema.filled, 1, 100)})(body, "body")
        gone = [one for one in self.kibana.rules if one["id"] in body["ids"]]
        if any(one["immutable"] for one in gone):
            raise AnsweredError(400, "IMMUTABLE")
        self.kibana.rules = [one for one in self.kibana.rules if one not in gone]
        return {"success": True, "rules_count": len(gone)}

    def _delete(self, among: list[dict[str, Any]], query: dict[str, str], name: str) -> dict[str, Any]:
        _only(query, {name, "namespace_type"} if name != "rule_id" else {name})
        found = next((one for one in among if one[name] == query.get(name)), None)
        if found is None:
            raise AnsweredError(404, f'{name}: "{query.get(name)}" not found')
        among.remove(found)
        return found


def _only(query: dict[str, str], known: set[str]) -> None:
    if set(query) - known:
        raise AnsweredError(
            400, f"[request query]: Additional properties are not allowed: {sorted(set(query) - known)}"
        )


def _page(found: list[dict[str, Any]], query: dict[str, str], known: set[str], size: str) -> dict[str, Any]:
    _only(query, known | {"page", "per_page", "sort_field", "sort_order"})
    if not query.get("page", "1").isdigit() or not 1 <= int(query.get("per_page", "20")) <= 10_000:
        raise AnsweredError(400, "[request query]: page, per_page")
    number, per = int(query.get("page", "1")), int(query.get("per_page", "20"))
    ordered = sorted(found, key=lambda one: one["created_at"])
    data = ordered[(number - 1) * per : number * per]
    return {"page": number, size: per, "total": len(found), "data": json.loads(json.dumps(data))}


def _error(rule_id: str, status: int, message: str) -> dict[str, Any]:
    return {"rule_id": rule_id, "error": {"status_code": status, "message": message}}
