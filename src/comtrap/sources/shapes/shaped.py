"""A record in the form that batches are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind


class Shaped(NamedTuple):
    """One record.

    Attributes:
        kind: provider and event id.
        shape: which form it had, as in the column `_shape`.
        document: the raw Winlogbeat form, keys nested or dotted.
    """

    kind: Kind
    shape: str
    document: Mapping[str, Any]
