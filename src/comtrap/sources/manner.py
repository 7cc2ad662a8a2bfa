"""How a run reads its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from comtrap.remote.access import Access

BAD_CHECKSUM = "bad checksum"
"""What a checksum that is not that of the bytes is counted under."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a run asks of every reader; those that have no such thing pass over it.

    Attributes:
        passwords: tried on members of archives that are encrypted.
        slack: whether records that a log no longer counts as its own are read too, apart from the others.
        verify: whether checksums are looked at.
        access: how clusters are talked to; None for what the environment says.
        since: of clusters, only events of this time or later; with a time zone.
        until: of clusters, only events before this time.
        push_down: whether clusters are asked which events could matter, so that others are not read.
    """

    passwords: tuple[bytes, ...] = ()
    slack: bool = False
    verify: bool = False
    access: Access | None = None
    since: datetime | None = None
    until: datetime | None = None
    push_down: bool = False


ORDINARY = Manner()
