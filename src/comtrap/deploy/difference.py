"""What differs between what we want and what a space has, in meaning and not in form.

Source: what Kibana fills in, adds and reorders on its own; trailing line ends that are lost on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ANSWERED = frozenset(
    {
        "id", "immutable", "rule_source", "revision", "created_at", "created_by", "updated_at", "updated_by",
        "execution_summary", "outcome", "alias_target_id", "alias_purpose", "output_index",
    }
)  # fmt: skip
"""What only the server writes of a rule."""

KEPT = (
    "actions", "response_actions", "timeline_id", "timeline_title", "meta", "namespace", "throttle",
)  # fmt: skip
"""What a space may have set of its own, and keeps where we say nothing of it."""

_DEFAULTS = MappingProxyType(
    {"version": 1, "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100, "namespace_type": "single"}
)
_OF_LISTS = frozenset(
    {
        "id", "_version", "tie_breaker_id", "immutable", "version", "created_at", "created_by", "updated_at", "updated_by",
        "meta", "comments",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as wanted; None where a side has nothing."""

    field: str
    wanted: Any
    found: Any


def rule_differences(
    wanted: Mapping[str, Any], found: Mapping[str, Any], ours: Collection[str]
) -> tuple[Difference, ...]:
    """What a rule of the space says otherwise, by field in alphabetical order.

    Whether it runs is the space's own affair, as are its references to exception lists that are not ours.

    Args:
        wanted: the rule as we would send it.
        found: the rule as the space answers it.
        ours: ids of the exception lists that are ours.
    """
    kept = {name for name in KEPT if _bare(wanted.get(name)) is None}
    ignored = ANSWERED | kept | {"enabled", "meta"}
    return _differences(wanted, found, ignored, lambda name, value: _of_rule(name, value, ours))


def list_differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What an exception list or item of the space says otherwise; comments are people's, and stay."""
    return _differences(wanted, found, _OF_LISTS, _of_list)


def _differences(
    wanted: Mapping[str, Any], found: Mapping[str, Any], ignored: Collection[str], norm: Callable[[str, Any], Any]
) -> tuple[Difference, ...]:
    out = []
    for name in sorted({*wanted, *found} - set(ignored)):
        one, other = norm(name, wanted.get(name)), norm(name, found.get(name))
        if one != other:
            out.append(Difference(name, one, other))
    return tuple(out)


def _of_rule(name: str, value: Any, ours: Collection[str]) -> Any:
    if name == "exceptions_list" and isinstance(value, list):
        references = {(str(r.get("list_id")), str(r.get("namespace_type"))) for r in value if isinstance(r, dict)}
        return sorted(r for r in references if r[0] in ours) or None
    if name == "required_fields" and isinstance(value, list):
        value = [{k: v for k, v in one.items() if k != "ecs"} if isinstance(one, dict) else one for one in value]
    if name == "investigation_fields" and isinstance(value, list):
        value = {"field_names": value}  # as it was before 8.11
    if name == "alert_suppression" and isinstance(value, dict):
        value = {"missing_fields_strategy": "suppress"} | value
    return _of_list(name, value)


def _of_list(name: str, value: Any) -> Any:
    value = _bare(value)
    if value is None:
        return _DEFAULTS.get(name)
    if name in {"tags", "os_types"} and isinstance(value, list):
        return sorted(map(str, value))
    if name == "expire_time" and isinstance(value, str):
        return value.replace("+00:00", "Z")
    return value


def _bare(value: Any) -> Any:
    """A value without what says nothing: null, empty texts, lists and tables at any depth; line ends are one."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").rstrip() or None
    if isinstance(value, list):
        return [_bare(one) for one in value] or None
    if isinstance(value, dict):
        return {key: bare for key, one in value.items() if (bare := _bare(one)) is not None} or None
    return value
