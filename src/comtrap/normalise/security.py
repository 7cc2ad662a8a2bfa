"""Microsoft-Windows-Security-Auditing. Source: Elastic's system.security pipelines and Microsoft's event descriptions."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

from comtrap.normalise.arguments import cut
from comtrap.normalise.event import ANY, Event, data
from comtrap.normalise.ours import made_entity_id
from comtrap.normalise.paths import executable_of
from comtrap.normalise.paths import name as name_of
from comtrap.normalise.scheduled_task import SCHEDULED_TASK
from comtrap.normalise.values import Constant, Each, First, Text, Union, each, text
from comtrap.normalise.windows import COMMON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

PROVIDER = "Microsoft-Windows-Security-Auditing"

_LOGON = tomllib.loads(files(__package__).joinpath("data/logon.toml").read_text("utf-8"))
_SUCCESS, _FAILURE = 0x20000000000000, 0x10000000000000
_NOTHING = {"", "-"}


def given(value: str) -> str | None:
    """The text, unless it stands for nothing."""
    return None if value in _NOTHING else value


def user_name(written: str) -> str | None:
    """A user's name without what follows an at sign."""
    return given(written.partition("@")[0])


def bare_name(path: str) -> str:
    """The last part of a path; what is no path is its own name, a dash too."""
    return name_of(path) or path


def outcome(keywords: str) -> str | None:
    """``success`` or ``failure``, of the keyword's name or its bits."""
    try:
        bits = int(keywords, 0)
    except ValueError:
        return {"audit success": "success", "audit failure": "failure"}.get(keywords.lower())
    if bits & _SUCCESS:
        return "success"
    return "failure" if bits & _FAILURE else None


def logon_type(number: str) -> str | None:
    """The name of a logon type."""
    return _LOGON["type"].get(number.strip())


def reason(code: str) -> str | None:
    """Why a logon failed, of the message id."""
    return _LOGON["reason"].get(code)


def status(code: str) -> str | None:
    """What a status code of a failed logon means."""
    return _LOGON["status"].get(code.lower())


def _user(side: str, owner: str = "user") -> dict[str, Expr]:
    return {
        f"{owner}.id": each(given, f"{side}UserSid"),
        f"{owner}.name": each(user_name, f"{side}UserName"),
        f"{owner}.domain": each(given, f"{side}DomainName"),
    }


_SUBJECT: dict[str, Expr] = {
    **COMMON,
    **_user("Subject"),
    "event.outcome": Each(outcome, ("winlog.keywords",)),
    "related.user": Union((Text("user.name"),)),
    "winlog.logon.id": text("SubjectLogonId"),
}
_PROCESS: dict[str, Expr] = {"process.pid": text("ProcessId"), **executable_of(text("ProcessName"))}
_LOGON_PROCESS: dict[str, Expr] = {**_PROCESS, "process.name": each(bare_name, "ProcessName")}
_AUTHENTICATION: dict[str, Expr] = {
    **_user("Target"),
    **_LOGON_PROCESS,
    "winlog.logon.type": each(logon_type, "LogonType"),
    "source.ip": each(given, "IpAddress"),
    "source.port": each(given, "IpPort"),
    "source.domain": each(given, "WorkstationName"),
    "related.ip": Union((Text("source.ip"),)),
}
_STARTED: dict[str, Expr] = {
    **_user("Target", "user.effective"),
    "process.pid": text("NewProcessId"),
    **executable_of(text("NewProcessName")),
    "process.parent.pid": text("ProcessId"),
    **executable_of(text("ParentProcessName"), "process.parent"),
    "process.command_line": each(given, "CommandLine"),
    "process.args": Each(cut, ("process.command_line",), many=True),
    # Elastic gives these none; ours is never exported as if it were Elastic's.
    "comtrap.process.entity_id": Each(
        made_entity_id, (First(("host.id", "winlog.computer_name")), "process.pid", "@timestamp")
    ),
}
_LOGGED_OUT: dict[str, Expr] = {
    **_user("Target"),
    "winlog.logon.id": text("TargetLogonId"),
    "winlog.logon.type": each(logon_type, "LogonType"),
}
_BOTH = Union((Text("user.name"), each(user_name, "SubjectUserName")))
_FAILED: dict[str, Expr] = {
    **_AUTHENTICATION,
    "winlog.logon.failure.reason": each(reason, "FailureReason"),
    "winlog.logon.failure.status": each(status, "Status"),
    "winlog.logon.failure.sub_status": each(status, "SubStatus"),
}
_LOGON_SOURCE = data("IpAddress", "IpPort", "WorkstationName")


def _event(
    action: str,
    category: tuple[str, ...],
    kind: tuple[str, ...],
    fields: Mapping[str, Expr],
    removed: frozenset[str] = frozenset(),
) -> Event:
    described = {
        "event.category": Constant(category),
        "event.type": Constant(kind),
        "event.action": Constant(action),
    }
    return Event(
        fields={**_SUBJECT, **described, **fields},
        removed=removed,
        moved=_LOGON_SOURCE if "source.ip" in fields else frozenset(),
        winlogbeat={"event.module": Constant("security")},
    )


def _task(action: str, *kind: str) -> Event:
    base = _event(action, ("iam", "configuration"), (*kind, "admin"), {})
    return Event(base.fields, integration=SCHEDULED_TASK, winlogbeat=base.winlogbeat)


_AUTH, _PROC = ("authentication",), ("process",)
_PROCESS_GONE = data("ProcessId", "ProcessName")

_EVENTS: dict[int, Event] = {
    4624: _event("logged-in", _AUTH, ("start",), {**_AUTHENTICATION, "related.user": _BOTH}, _PROCESS_GONE),
    4625: _event("logon-failed", _AUTH, ("start",), _FAILED, _PROCESS_GONE),
    4634: _event("logged-out", _AUTH, ("end",), _LOGGED_OUT),
    4647: _event("logged-out", _AUTH, ("end",), _LOGGED_OUT),
    4648: _event("logged-in-explicit", _AUTH, ("start",), {**_user("Target", "user.effective"), **_LOGON_PROCESS}),
    4657: _event("registry-value-modified", ("registry", "configuration"), ("change",), {}),
    4672: _event("logged-in-special", ("iam",), ("admin",), {}),
    4688: _event(
        "created-process", _PROC, ("start",), _STARTED, data("NewProcessId", "NewProcessName", "ParentProcessName")
    ),
    4689: _event("exited-process", _PROC, ("end",), _PROCESS, _PROCESS_GONE),
    4697: _event("service-installed", ("iam", "configuration"), ("admin", "change"), {}),
    4698: _task("scheduled-task-created", "creation"),
    4699: _task("scheduled-task-deleted", "deletion"),
    4700: _task("scheduled-task-enabled", "change"),
    4701: _task("scheduled-task-disabled", "change"),
    4702: _task("scheduled-task-updated", "change"),
}

TABLE: Mapping[Kind, Event] = {
    **{(PROVIDER, number): event for number, event in _EVENTS.items()},
    (PROVIDER, ANY): Event(_SUBJECT, winlogbeat={"event.module": Constant("security")}),
}
