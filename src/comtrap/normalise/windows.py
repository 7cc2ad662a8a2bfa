"""The fields that every Windows event has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.normalise.values import Constant, Each, First, Part, Text

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

OVERWRITING = frozenset({"@timestamp", "event.action", "event.code", "ecs.version"})
"""Fields where what the pipeline computes wins over what the shipper wrote."""

_LEVELS = {"1": "critical", "2": "error", "3": "warning", "5": "verbose"}


def level(rendered: str) -> str:
    """The level in lower case; numbers become their names."""
    return (_LEVELS.get(rendered, "information") if rendered.isdigit() else rendered).lower()


def account(written: str) -> dict[str, str]:
    r"""``domain`` and ``name`` of ``DOMAIN\user``; nothing for any other number of parts."""
    parts = written.split("\\")
    return {"domain": parts[0], "name": parts[1]} if len(parts) == 2 else {}


def account_of(user: Each, owner: str = "user") -> dict[str, Expr]:
    """The name and domain of a user."""
    return {f"{owner}.domain": Part(user, "domain"), f"{owner}.name": Part(user, "name")}


def milliseconds(moment: str) -> str:
    """An ISO 8601 text cut to milliseconds, as the pipelines write them."""
    return re.sub(r"(\.\d{3})\d*", r"\1", moment)


COMMON: dict[str, Expr] = {
    "@timestamp": First(("winlog.time_created", Text("@timestamp"))),
    "ecs.version": Constant("8.17.0"),
    "event.kind": Constant("event"),
    "event.code": First(("winlog.event_id", Text("event.code"))),
    "event.provider": Text("winlog.provider_name"),
    "winlog.event_id": Text("winlog.event_id"),
    "winlog.record_id": Text("winlog.record_id"),
    "log.level": Each(level, ("winlog.level",)),
}
"""Written by all pipelines. Source: ECS_MAPPING section 1."""

USER_ID: dict[str, Expr] = {"user.id": Text("winlog.user.identifier")}
