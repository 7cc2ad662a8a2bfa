"""What a rule's table ``kibana`` may say: fields of Elastic's detection rules that a scan has no use for.

Source: the rule schema of Kibana's detection engine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SEVERITIES = ("low", "medium", "high", "critical")
_THROTTLE = re.compile(r"no_actions|rule|[1-9]\d*[smhd]")


def as_kibana(value: Any) -> Mapping[str, Any]:
    """A table of fields, each as Kibana's schema has it.

    Raises:
        TypeError: it is no table.
        ValueError: it has a field that is unknown or of another form; says which.
    """
    if not isinstance(value, dict):
        raise TypeError("expected a table")
    for name, given in value.items():
        if name not in FIELDS:
            raise ValueError(f"no field `{name}` that can stand here; there are {', '.join(sorted(FIELDS))}")
        if (wanted := FIELDS[name](given)) is not None:
            raise ValueError(f"`{name}` is not {wanted}")
    if ("timeline_id" in value) != ("timeline_title" in value):
        raise ValueError("`timeline_id` and `timeline_title` stand together")
    return value


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "text"


def _truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _one_of(*words: str) -> Callable[[Any], str | None]:
    return lambda value: None if value in words else f"one of {', '.join(words)}"


def _tables(required: str, optional: str = "") -> Callable[[Any], str | None]:
    """Tables with these keys, and no others where `optional` does not end in ``*``."""
    needs, may = set(required.split()), set(optional.split())
    wanted = f"a list of tables of {', '.join(required.split()) or 'anything'}"

    def check(value: Any) -> str | None:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            return wanted
        right = all(needs <= set(one) and ("*" in may or set(one) <= needs | may) for one in value)
        return None if right else wanted

    return check


def _severities(value: Any) -> str | None:
    wrong = _tables("field operator value severity")(value)
    if wrong is None and any(one["severity"] not in _SEVERITIES or one["operator"] != "equals" for one in value):
        return f"of operator equals and severity {', '.join(_SEVERITIES)}"
    return wrong


def _throttle(value: Any) -> str | None:
    right = isinstance(value, str) and _THROTTLE.fullmatch(value) is not None
    return None if right else "no_actions, rule or a duration such as 1h"


FIELDS: Mapping[str, Callable[[Any], str | None]] = {
    "actions": _tables("action_type_id id params", "group frequency alerts_filter uuid"),
    "building_block_type": _one_of("default"),
    "event_category_override": _text,
    "filters": _tables("", "*"),
    "license": _text,
    "namespace": _text,
    "related_integrations": _tables("package version", "integration"),
    "response_actions": _tables("action_type_id params"),
    "risk_score_mapping": _tables("field operator value", "risk_score"),
    "rule_name_override": _text,
    "severity_mapping": _severities,
    "throttle": _throttle,
    "tiebreaker_field": _text,
    "timeline_id": _text,
    "timeline_title": _text,
    "timestamp_field": _text,
    "timestamp_override": _text,
    "timestamp_override_fallback_disabled": _truth,
    "to": _text,
}
"""The fields, and what each says of a value that it cannot hold; null of one that it can."""
