"""Microsoft-Windows-PowerShell and the older "Windows PowerShell" log. Source: Elastic's powershell pipelines."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from comtrap.normalise.arguments import command_line_of
from comtrap.normalise.event import ANY, Event, data
from comtrap.normalise.paths import file_of
from comtrap.normalise.values import Constant, Each, First, Objects, Part, Text, Union, each, text
from comtrap.normalise.windows import COMMON, USER_ID, account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

PROVIDER = "Microsoft-Windows-PowerShell"
CLASSIC = "PowerShell"

KEY = 60  # characters of a key with its indentation
LIMIT = 1000  # lines of a pipeline's details that become objects

_DETAIL = re.compile(r"(\w+)\(([^)\n]*)\): ?(.*)")
_BINDING = re.compile(r"name=(.*?); value=(.*)", re.DOTALL)
_COMMENT = re.compile(r"\r?\n# ")
_BEGIN, _END = "# SIG # Begin signature block", "# SIG # End signature block"


def _pairs(written: str, indent: str) -> dict[str, str]:
    """Keys (blanks taken off) and values; a line that begins no pair goes on with the value above it."""
    out: dict[str, list[str]] = {}
    last: list[str] | None = None
    for item in written.split("\n"):
        key, sign, value = item.partition("=")
        name = _name(key, indent) if sign and len(key) <= KEY else None
        if name is not None:
            last = out[name] = [value.rstrip("\r")]
        elif last is not None and item:
            last.append(item)
    return {name: "\n".join(lines) for name, lines in out.items()}


@lru_cache(1024)
def _name(key: str, indent: str) -> str | None:
    name = key.replace(" ", "").lstrip("\t")
    return name if key.startswith(indent) and name.isalnum() else None


def context(written: str) -> dict[str, str]:
    """The pairs of event 4103's ContextInfo: ``        Host Name = ConsoleHost``."""
    return {k: bare for k, v in _pairs(written, " " * 8).items() if (bare := v.strip())}


def classic(written: str) -> dict[str, str]:
    """The pairs of the older log: a tab, then ``HostName=ConsoleHost``; blanks before a value are part of it."""
    return {k: bare for k, v in _pairs(written, "\t").items() if (bare := v.rstrip())}


def details(written: str) -> list[dict[str, str]] | None:
    """What a pipeline ran: ``Kind(Command): value`` a line; names and values keep their quotes."""
    found: list[tuple[str, str, list[str]]] = []
    for line in written.split("\n"):
        head = _DETAIL.fullmatch(line.rstrip("\r"))
        if head is not None and len(found) < LIMIT:
            found.append((head[1], head[2], [head[3]]))
        elif head is None and found and line.strip():
            found[-1][2].append(line)
    return [_detail(kind, command, "\n".join(lines)) for kind, command, lines in found] or None


def _detail(kind: str, command: str, value: str) -> dict[str, str]:
    item = {"type": kind, "related_command": command, "value": value}
    bound = _BINDING.fullmatch(value) if kind == "ParameterBinding" else None
    if bound is not None:
        item |= {"name": bound[1], "value": bound[2]}
    return {k: v for k, v in item.items() if v}


def signature(script: str) -> str | None:
    """The base64 text of a script's signature block, its lines joined."""
    begin = script.find(_BEGIN)
    end = script.find(_END, begin)
    if begin < 0 or end < 0:
        return None
    return _COMMENT.sub("", script[begin + len(_BEGIN) : end].lstrip("\r\n").removeprefix("# "))


def _host(pairs: Each, *, spelled: Mapping[str, str]) -> dict[str, Expr]:
    named = {
        "process.entity_id": spelled["HostID"],
        "process.title": "HostName",
        "event.sequence": "SequenceNumber",
        "powershell.command.value": "CommandLine",
        "powershell.command.path": "CommandPath",
        "powershell.command.name": "CommandName",
        "powershell.command.type": "CommandType",
        "powershell.id": "ShellID",
        "powershell.engine.version": "EngineVersion",
        "powershell.pipeline_id": spelled["PipelineID"],
        "powershell.runspace_id": spelled["RunspaceID"],
        "powershell.process.executable_version": "HostVersion",
    }
    return {
        **{field: Part(pairs, key) for field, key in named.items()},
        **command_line_of(Part(pairs, "HostApplication")),
        **file_of(Part(pairs, "ScriptName")),
    }


def _account(pairs: Each, key: str) -> Each:
    return Each(account, (Part(pairs, key),))


def _related(*names: str) -> dict[str, Expr]:
    return {"related.user": Union(tuple(Text(n) for n in names))}


_CONTEXT = each(context, "ContextInfo")
_USER, _CONNECTED = _account(_CONTEXT, "User"), _account(_CONTEXT, "ConnectedUser")


def _acting(part: str) -> dict[str, Expr]:
    """A remote user acts as the local one: the first is who did it, the second what it was done to."""
    local, remote = Part(_USER, part), Part(_CONNECTED, part)
    return {
        f"source.user.{part}": remote,
        f"destination.user.{part}": Each(_if_remote, (local, Part(_CONNECTED, "name"))),
        f"user.{part}": First((remote, local, f"winlog.user.{part}")),
    }


def _if_remote(local: str | None, remote: str | None) -> str | None:
    return None if remote is None else local


_LOGGED_IN: dict[str, Expr] = {"user.name": Text("winlog.user.name"), "user.domain": Text("winlog.user.domain")}
_BLOCK: dict[str, Expr] = {
    "powershell.file.script_block_id": text("ScriptBlockId"),
    "powershell.file.script_block_text": text("ScriptBlockText"),
    "powershell.sequence": text("MessageNumber"),
    "powershell.total": text("MessageTotal"),
    **file_of(text("Path")),
}
_RUN: dict[str, Expr] = {
    "powershell.file.script_block_id": text("ScriptBlockId"),
    "powershell.runspace_id": text("RunspaceId"),
}
_INVOCATION = ("type", "related_command", "name", "value")
_MODULE: dict[str, Expr] = {
    **_host(_CONTEXT, spelled={"HostID": "HostID", "PipelineID": "PipelineID", "RunspaceID": "RunspaceID"}),
    **_acting("name"),
    **_acting("domain"),
    "powershell.command.invocation_details": Objects(each(details, "Payload"), _INVOCATION),
    **_related("user.name", "destination.user.name"),
}
_CLASSIC_KEYS = {"HostID": "HostId", "PipelineID": "PipelineId", "RunspaceID": "RunspaceId"}
_OLD, _OLDEST = each(classic, "param3"), each(classic, "param2")
_STATE: dict[str, Expr] = {
    **_host(_OLD, spelled=_CLASSIC_KEYS),
    "powershell.engine.new_state": Part(_OLD, "NewEngineState"),
    "powershell.engine.previous_state": Part(_OLD, "PreviousEngineState"),
    "powershell.provider.name": Part(_OLD, "ProviderName"),
    "powershell.provider.new_state": Part(_OLD, "NewProviderState"),
}
_PIPELINE: dict[str, Expr] = {
    **_host(_OLDEST, spelled=_CLASSIC_KEYS),
    "powershell.sequence": Part(_OLDEST, "DetailSequence"),
    "powershell.total": Part(_OLDEST, "DetailTotal"),
    "user.name": Part(_account(_OLDEST, "UserId"), "name"),
    "user.domain": Part(_account(_OLDEST, "UserId"), "domain"),
    "powershell.command.invocation_details": Objects(each(details, "param3"), _INVOCATION),
    **_related("user.name"),
}

_REMOVED = data(
    "ContextInfo", "UserData", "Payload", "ScriptBlockId", "ScriptBlockText", "MessageNumber", "MessageTotal", "Path",
    "RunspaceId", "param1", "param2", "param3",
) | {"winlog.time_created", "winlog.level"}  # fmt: skip


def _event(kind: str, fields: Mapping[str, Expr], integration: Mapping[str, Expr] | None = None) -> Event:
    described: dict[str, Expr] = {"event.category": Constant("process"), "event.type": Constant(kind)}
    return Event(
        fields={**COMMON, **USER_ID, **described, **fields},
        removed=_REMOVED,
        blank=frozenset({""}),
        integration=integration or {},
        winlogbeat={"event.module": Constant("powershell")},
    )


def _operational(kind: str, fields: Mapping[str, Expr], integration: Mapping[str, Expr] | None = None) -> Event:
    return _event(kind, {**_LOGGED_IN, **_related("user.name"), **fields}, integration)


TABLE: Mapping[Kind, Event] = {
    (PROVIDER, 4103): _event("info", _MODULE),
    (PROVIDER, 4104): _operational(
        "info", _BLOCK, {"powershell.file.script_block_signature": each(signature, "ScriptBlockText")}
    ),
    (PROVIDER, 4105): _operational("start", _RUN),
    (PROVIDER, 4106): _operational("end", _RUN),
    (CLASSIC, 400): _event("start", _STATE),
    (CLASSIC, 403): _event("end", _STATE),
    (CLASSIC, 600): _event("info", _STATE),
    (CLASSIC, 800): _event("info", _PIPELINE),
    (PROVIDER, ANY): Event({**COMMON, **USER_ID, **_LOGGED_IN}, winlogbeat={"event.module": Constant("powershell")}),
    (CLASSIC, ANY): Event({**COMMON, **USER_ID, **_LOGGED_IN}, winlogbeat={"event.module": Constant("powershell")}),
}
