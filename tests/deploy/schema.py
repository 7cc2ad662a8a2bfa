"""What Kibana's API takes, field by field: rules, exception lists and items. Unknown fields are refused.

Source: the schemas of Kibana's detection engine and of its exception lists. Written apart from what it judges.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from comtrap.errors import QueryError
from comtrap.lang.parse import parse


class RefusedError(Exception):
    """The value is not of the schema; the message says where."""


Check = Callable[[Any, str], None]


def text(value: Any, at: str) -> None:
    if not isinstance(value, str):
        raise RefusedError(f"{at}: Expected string, received {type(value).__name__}")


def filled(value: Any, at: str) -> None:
    text(value, at)
    if not value.strip():
        raise RefusedError(f"{at}: String must contain at least 1 character(s)")


def truth(value: Any, at: str) -> None:
    if not isinstance(value, bool):
        raise RefusedError(f"{at}: Expected boolean")


def number(low: int, high: int | None = None) -> Check:
    def check(value: Any, at: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
            raise RefusedError(f"{at}: Expected integer from {low} to {high}")

    return check


def like(pattern: str) -> Check:
    def check(value: Any, at: str) -> None:
        filled(value, at)
        if not re.fullmatch(pattern, value):
            raise RefusedError(f"{at}: Invalid")

    return check


def one_of(*words: Any) -> Check:
    def check(value: Any, at: str) -> None:
        if value not in words or isinstance(value, bool):
            raise RefusedError(f"{at}: Invalid enum value. Expected {words}")

    return check


def many(check_one: Check, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
            raise RefusedError(f"{at}: Expected array of {least} to {most}")
        for place, one in enumerate(value):
            check_one(one, f"{at}.{place}")

    return check


def table(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise RefusedError(f"{at}: Expected object")
        for name in required:
            if name not in value:
                raise RefusedError(f"{at}.{name}: Required")
        known = required | (optional or {})
        for name, given in value.items():
            if name not in known:
                raise RefusedError(f"{at}: Unrecognized key(s) in object: '{name}'")
            known[name](given, f"{at}.{name}")

    return check


def anything(value: Any, at: str) -> None:
    """Any value."""


def maybe(check_one: Check) -> Check:
    def check(value: Any, at: str) -> None:
        if value is not None:
            check_one(value, at)

    return check


def moment(value: Any, at: str) -> None:
    filled(value, at)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise RefusedError(f"{at}: Invalid date") from None
    if found.tzinfo is None:
        raise RefusedError(f"{at}: Invalid date")


def eql(value: Any, at: str) -> None:
    filled(value, at)
    try:
        parse(value)
    except QueryError as error:
        raise RefusedError(f"{at}: {error}") from None


_URL = r"https://attack\.mitre\.org/{}/"
_SUBTECHNIQUE = table(
    {"id": like(r"T\d{4}\.\d{3}"), "name": filled, "reference": like(_URL.format(r"techniques/T\d{4}/\d{3}"))}
)
_TECHNIQUE = table(
    {"id": like(r"T\d{4}"), "name": filled, "reference": like(_URL.format(r"techniques/T\d{4}"))},
    {"subtechnique": many(_SUBTECHNIQUE)},
)
THREAT = table(
    {
        "framework": one_of("MITRE ATT&CK"),
        "tactic": table({"id": like(r"TA\d{4}"), "name": filled, "reference": like(_URL.format(r"tactics/TA\d{4}"))}),
    },
    {"technique": many(_TECHNIQUE)},
)
REFERENCE = table(
    {
        "id": filled,
        "list_id": filled,
        "type": one_of("detection", "rule_default", "endpoint"),
        "namespace_type": one_of("single", "agnostic"),
    }
)
_FREQUENCY = table(
    {
        "summary": truth,
        "notifyWhen": one_of("onActiveAlert", "onThrottleInterval", "onActionGroupChange"),
        "throttle": maybe(like(r"[1-9]\d*[smhd]")),
    }
)
_ACTION = table(
    {"action_type_id": like(r"\.[a-z0-9_-]+"), "id": filled, "params": anything},
    {"group": filled, "frequency": _FREQUENCY, "alerts_filter": anything, "uuid": filled},
)
_SUPPRESSION = table(
    {"group_by": many(filled, 1, 3)},
    {
        "duration": table({"value": number(1), "unit": one_of("s", "m", "h")}),
        "missing_fields_strategy": one_of("suppress", "doNotSuppress"),
    },
)
_DATE_MATH = like(r"now(-\d+[smhdw])?")
_REQUIRED = {
    "type": one_of("eql"),
    "language": one_of("eql"),
    "query": eql,
    "name": filled,
    "description": filled,
    "risk_score": number(0, 100),
    "severity": one_of("low", "medium", "high", "critical"),
}
_OPTIONAL = {
    "rule_id": filled,
    "index": many(filled),
    "data_view_id": filled,
    "filters": many(anything),
    "event_category_override": filled,
    "timestamp_field": filled,
    "tiebreaker_field": filled,
    "alert_suppression": _SUPPRESSION,
    "enabled": truth,
    "version": number(1),
    "tags": many(filled),
    "interval": like(r"[1-9]\d*[smhd]"),
    "from": _DATE_MATH,
    "to": _DATE_MATH,
    "max_signals": number(1),
    "author": many(filled),
    "license": text,
    "references": many(text),
    "false_positives": many(text),
    "note": text,
    "setup": text,
    "threat": many(THREAT),
    "risk_score_mapping": many(
        table({"field": filled, "operator": one_of("equals"), "value": text}, {"risk_score": number(0, 100)})
    ),
    "severity_mapping": many(
        table(
            {
                "field": filled,
                "operator": one_of("equals"),
                "value": text,
                "severity": one_of("low", "medium", "high", "critical"),
            }
        )
    ),
    "rule_name_override": filled,
    "timestamp_override": filled,
    "timestamp_override_fallback_disabled": truth,
    "timeline_id": filled,
    "timeline_title": filled,
    "building_block_type": one_of("default"),
    "investigation_fields": table({"field_names": many(filled, 1)}),
    "related_integrations": many(table({"package": filled, "version": filled}, {"integration": filled})),
    "required_fields": many(table({"name": filled, "type": filled})),
    "actions": many(_ACTION),
    "throttle": like(r"no_actions|rule|[1-9]\d*[smhd]"),
    "exceptions_list": many(REFERENCE),
    "response_actions": many(table({"action_type_id": one_of(".osquery", ".endpoint"), "params": anything})),
    "meta": anything,
    "output_index": text,
    "namespace": text,
}
ANSWERED = (
    "id", "immutable", "rule_source", "revision", "created_at", "created_by", "updated_at", "updated_by",
    "execution_summary",
)  # fmt: skip
"""What only the server writes; an import takes it and pays it no heed."""


def rule(value: Any, *, imported: bool = False) -> None:
    """A rule; one of an import needs its id."""
    required = _REQUIRED | ({"rule_id": filled} if imported else {})
    optional = _OPTIONAL | dict.fromkeys(ANSWERED if imported else (), anything)
    table(required, optional)(value, "rule")
    if "index" in value and "data_view_id" in value:
        raise RefusedError("rule: index and data_view_id exclude each other")
    if ("timeline_id" in value) != ("timeline_title" in value):
        raise RefusedError("rule: timeline_id and timeline_title stand together")


_NAMESPACE = {"namespace_type": one_of("single", "agnostic")}
_COMMON = _NAMESPACE | {
    "os_types": many(one_of("linux", "macos", "windows")),
    "tags": many(text),
    "meta": anything,
}
_LIST = {
    "type": one_of("detection", "rule_default", "endpoint"),
    "name": filled,
    "description": filled,
}
_OPERATOR = {"operator": one_of("included", "excluded")}


def entry(value: Any, at: str) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    shape: dict[str, Check] = {"field": filled, "type": filled}
    match kind:
        case "match" | "wildcard":
            shape |= _OPERATOR | {"value": filled}
        case "match_any":
            shape |= _OPERATOR | {"value": many(filled, 1)}
        case "exists":
            shape |= _OPERATOR
        case "list":
            shape |= _OPERATOR | {"list": table({"id": filled, "type": filled})}
        case "nested":
            shape |= {"entries": many(_below, 1)}
        case _:
            raise RefusedError(f"{at}.type: Invalid discriminator value")
    table(shape)(value, at)


def _below(value: Any, at: str) -> None:
    if not isinstance(value, dict) or value.get("type") not in {"match", "match_any", "exists"}:
        raise RefusedError(f"{at}.type: Invalid discriminator value")
    entry(value, at)


_ITEM = {
    "type": one_of("simple"),
    "name": filled,
    "description": filled,
    "entries": many(entry, 1),
}
_COMMENT = table({"comment": filled}, {"id": filled, "created_at": anything, "created_by": anything})
_ITEM_MORE = _COMMON | {"comments": many(_COMMENT), "expire_time": moment}
OF_LISTS = (
    "id", "_version", "tie_breaker_id", "immutable", "version", "created_at", "created_by", "updated_at", "updated_by",
)  # fmt: skip
"""What only the server writes of lists and items."""


def exception_list(value: Any, *, update: bool = False, imported: bool = False) -> None:
    needed = {"list_id": filled} if update or imported else {}
    more = _COMMON | {"list_id": filled, "version": number(1)}
    more |= dict.fromkeys(OF_LISTS if imported else ("id", "_version") if update else (), anything)
    table(_LIST | needed, more)(value, "list")


def exception_item(value: Any, *, update: bool = False, imported: bool = False) -> None:
    needed = {"item_id": filled} if update else {"list_id": filled}
    if imported:
        needed = {"list_id": filled, "item_id": filled}
    more = _ITEM_MORE | {"list_id": filled, "item_id": filled}
    more |= dict.fromkeys(OF_LISTS if imported else ("id", "_version") if update else (), anything)
    table(_ITEM | needed, more)(value, "item")


DETAILS = table(
    dict.fromkeys(
        (
            "exported_count", "exported_rules_count", "missing_rules_count", "exported_exception_list_count",
            "exported_exception_list_item_count", "missing_exception_list_item_count", "missing_exception_lists_count",
            "exported_action_connector_count", "missing_action_connection_count", "excluded_action_connection_count",
        ),
        number(0),
    )
    | dict.fromkeys(
        (
            "missing_rules", "missing_exception_list_items", "missing_exception_lists", "missing_action_connections",
            "excluded_action_connections",
        ),
        many(anything),
    )
)  # fmt: skip
"""The last line of an export."""
