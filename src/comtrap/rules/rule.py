"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from comtrap.lang.parse import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from comtrap.com.actor import Actor
    from comtrap.lang import ast
    from comtrap.rules.suppression import Suppression


SOURCES = ("sysmon", "endpoint", "security", "powershell", "system", "taskscheduler", "wmi")
"""The event sources a rule may claim."""


class Severity(IntEnum):
    """How bad it is; the values are Elastic's default risk scores."""

    LOW = 21
    MEDIUM = 47
    HIGH = 73
    CRITICAL = 99

    @property
    def word(self) -> str:
        """As files and alerts write it: ``high``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Technique:
    """One ATT&CK technique and the tactic it serves here: ``T1546.015`` for ``TA0003``."""

    id: str
    name: str
    tactic: str
    tactic_name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A detection as its author wrote it; frozen, whole, and valid or it does not exist.

    Attributes:
        id: Elastic's ``rule_id``; stable over every change.
        index: the index patterns the rule reads (``logs-endpoint.events.process-*``); events of others it does not see.
        text: the query as written, which the spans of `query` point into.
        behaviour: the slug of the behaviour it belongs to, shared by its variants for other sources.
        sources: the event sources it claims, of `SOURCES`; each has hit and near-miss samples.
        path: the file it came from.
        highlighted: the fields to look at first (Kibana's ``investigation_fields``).
        suppression: which of its alerts stand for others (Kibana's ``alert_suppression``); None for none.
        risk_reason: why the severity and the risk score are what they are.
        actors: who has been seen doing it; empty where no source we can name says so.
        note: the investigation guide, Markdown: the rule's own steps, then those of the guide it names.
        response: what to do once an alert is confirmed, Markdown; put together in the same way.
        setup: the logging it needs, Markdown.
        kibana: fields of Elastic's detection rules that only a deployment has a use for; see `comtrap.rules.kibana`.
    """

    id: UUID
    name: str
    description: str
    severity: Severity
    risk_score: int
    index: tuple[str, ...]
    text: str
    behaviour: str
    sources: tuple[str, ...]
    path: Path
    techniques: tuple[Technique, ...] = ()
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    risk_reason: str = ""
    actors: tuple[Actor, ...] = ()
    note: str = ""
    response: str = ""
    setup: str = ""
    interval: str = "5m"
    lookback: str = "now-9m"
    max_signals: int = 100
    version: int = 1
    author: tuple[str, ...] = ("comtrap",)
    highlighted: tuple[str, ...] = ()
    suppression: Suppression | None = None
    kibana: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def query(self) -> ast.Query:
        """The query, parsed when it is first asked for: a scan needs that of rules that alert, and no other."""
        return parsed(self.text)


parsed = lru_cache(maxsize=4096)(parse)
"""The query of a text that rules have; see `parse`."""
