"""Where records came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records came from: enough to find one again.

    Attributes:
        source: the container format: ``evtx``, ``ndjson`` …
        path: the file, as the user named it or as the walk found it.
        member: the archive member's name (nested ones joined by ``!``), or None.
        first: the event number of the record at position 0, so that ``_event`` is ``first + position``.
        head: sha256 (hex) of the content's first bytes: a host id for events that name no host.
    """

    source: str
    path: str
    member: str | None = None
    first: int = 0
    head: str = ""

    @property
    def name(self) -> str:
        """Path and member, for messages."""
        return self.path if self.member is None else f"{self.path}!{self.member}"
