"""Wanted things and a Kibana to put them in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.deploy.server import KEY, KibanaServer
from tests.material import rule

from comtrap.deploy.connection import Connection
from comtrap.deploy.kibana import Kibana
from comtrap.deploy.space import Wanted
from comtrap.export.kibana import Bundle, bundle
from comtrap.export.kibana_rule import MARK
from comtrap.remote.secret import Secret
from comtrap.rules.exceptions import Entry, ExceptionItem, ExceptionList


def client(server: KibanaServer, waits: list[float] | None = None, **more: Any) -> Kibana:
    """A client that does not wait, but says in `waits` how long it would have."""
    to = Connection(
        server.url, Secret(KEY), server.prefix.removeprefix("/s/") or "default", timeout=more.pop("timeout", 5.0)
    )
    return Kibana(to, sleep=(waits if waits is not None else []).append, **more)


def excepting(*rules: int, items: int = 1, name: str = "backup") -> ExceptionList:
    """A file of exceptions for some rules."""
    path = Path(f"{name}.toml")
    made = tuple(
        ExceptionItem(
            name, f"job_{n}", f"Job {n}", tuple(UUID(int=number) for number in rules), (Entry("process.name", "match", values=(f"{n}.exe",)),),
            "the team", "It is theirs.", "CHG-1", datetime(2027, 6, 30, tzinfo=UTC), path,
        )
        for n in range(items)
    )  # fmt: skip
    return ExceptionList(name, "Back-up", "Jobs.", made, path)


def wanted(made: Bundle) -> Wanted:
    return Wanted(made.rules, made.lists, made.items, MARK)


def small(rules: int = 3, **more: Any) -> Wanted:
    """Rules 1 to n, and two exceptions for rules 1 and 2."""
    return wanted(bundle([rule(number=n, **more) for n in range(1, rules + 1)], [excepting(1, 2, items=2)]))
