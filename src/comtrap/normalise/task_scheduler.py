"""Microsoft-Windows-TaskScheduler. Elastic has no pipeline for it: all but the common fields are extensions."""

from __future__ import annotations

import ntpath
from typing import TYPE_CHECKING

from comtrap.normalise.event import ANY, Event
from comtrap.normalise.paths import name as name_of
from comtrap.normalise.values import Constant, Each, First, Part, each, text
from comtrap.normalise.windows import COMMON, USER_ID, account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

PROVIDER = "Microsoft-Windows-TaskScheduler"

TABLE: Mapping[Kind, Event] = {(PROVIDER, ANY): Event({**COMMON, **USER_ID})}


def executable(action: str) -> str | None:
    """An action's name, where it is a path: a COM handler's is not."""
    bare = action.strip().strip('"')
    return bare if ntpath.splitdrive(bare)[0] or bare.startswith("%") else None


def bare_name(user: str) -> str | None:
    """A user written without a domain; a SID is no name."""
    return None if "\\" in user or user.upper().startswith("S-1-") else user


def outcome(code: str) -> str:
    """``success`` for a result of zero."""
    try:
        return "success" if int(code, 0) == 0 else "failure"
    except ValueError:
        return "unknown"


def _described(action: str, category: str, kind: str) -> dict[str, Expr]:
    return {
        "event.category": Constant((category,)),
        "event.type": Constant((kind,)),
        "event.action": Constant(action),
        "winlog.scheduled_task.name": text("TaskName"),
    }


_USER = First((text("UserName"), text("UserContext")))
_WHO: dict[str, Expr] = {
    "user.domain": Part(Each(account, (_USER,)), "domain"),
    "user.name": First((Part(Each(account, (_USER,)), "name"), Each(bare_name, (_USER,)))),
}
_RUN: dict[str, Expr] = {
    "process.executable": each(executable, "ActionName"),
    "process.name": Each(name_of, ("process.executable",)),
}
_LAUNCH: dict[str, Expr] = {
    "process.executable": each(executable, "Path"),
    "process.name": Each(name_of, ("process.executable",)),
    "process.pid": text("ProcessID"),
}

EXTENSIONS: Mapping[Kind, Mapping[str, Expr]] = {
    (PROVIDER, 106): {**_described("task-registered", "configuration", "creation"), **_WHO},
    (PROVIDER, 140): {**_described("task-updated", "configuration", "change"), **_WHO},
    (PROVIDER, 141): {**_described("task-deleted", "configuration", "deletion"), **_WHO},
    (PROVIDER, 110): {**_described("task-launched", "process", "start"), **_LAUNCH, **_WHO},
    (PROVIDER, 129): {**_described("task-process-created", "process", "start"), **_LAUNCH},
    (PROVIDER, 200): {**_described("task-action-started", "process", "start"), **_RUN},
    (PROVIDER, 201): {
        **_described("task-action-completed", "process", "end"),
        **_RUN,
        "event.outcome": each(outcome, "ResultCode"),
    },
}
"""Source: the events' own descriptions; ECS_MAPPING section 6."""
