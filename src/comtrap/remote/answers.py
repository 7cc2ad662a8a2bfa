"""What is in the answers of a cluster, read as what it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from comtrap.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading raises where a text is no JSON, or something else than it has to be."""


def member(answer: Mapping[str, msgspec.Raw], name: str, kind: Any, *, default: Any = None) -> Any:
    """A member of an answer.

    Args:
        answer: what was answered.
        name: the member's.
        kind: what it has to be, as msgspec takes it.
        default: stands for one that is missing; None for one that must be there.

    Raises:
        DeployError: it is missing, or something else.
    """
    if name not in answer and default is not None:
        return default
    try:
        return msgspec.json.decode(answer.get(name, b""), type=kind)
    except UNREADABLE as error:
        raise DeployError(f"the answer is not what Elasticsearch gives: {name}: {error}", 200, "") from None


class _Cause(msgspec.Struct):
    """Why something failed, as Elasticsearch says it; of several causes the first."""

    type: str = ""
    reason: str | None = None
    root_cause: list[_Cause] = []
    failed_shards: list[dict[str, Any]] = []


def reason(body: Any) -> str:
    """What an answer says is wrong."""
    raw = body.get("error") if isinstance(body, dict) else None
    if raw is None:
        return str(body or "")
    try:
        cause = msgspec.json.decode(raw, type=_Cause | str)
    except UNREADABLE:
        return str(bytes(raw), "utf-8", "replace")
    if isinstance(cause, str):
        return cause
    inner = cause.root_cause[0] if cause.root_cause else cause
    return f"{inner.type}: {inner.reason or cause.reason or ''}"
