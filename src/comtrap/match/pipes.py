"""How many answers to give: pipes, size and which end they are taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.check.typed import Pipe

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request asks for beside its query.

    Attributes:
        size: the most answers to give; None for all.
        position: the end that `size` counts from where the query has no pipes: ``tail`` or ``head``.
        samples_per_key: the most samples that share one key tuple.
    """

    size: int | None = None
    position: str = "tail"
    samples_per_key: int = 1


ALL = Limits()


def kept(total: int, pipes: Iterable[Pipe], limits: Limits = ALL) -> slice:
    """The part of `total` ordered answers that is given.

    `size` acts as one more pipe before the first, in the direction of the first: ``| head 20`` with size 3 gives 3, and
    ``| tail 4 | head 1`` with size 2 the last but one.

    Source: Elasticsearch's EQL search API, ``size`` and ``result_position``; EQL pipe reference.
    """
    steps = list(pipes)
    if limits.size is not None:
        direction = steps[0].name if steps else limits.position
        steps.insert(0, Pipe(direction, limits.size))
    start, stop = 0, total
    for pipe in steps:
        if pipe.name == "head":
            stop = min(stop, start + pipe.count)
        else:
            start = max(start, stop - pipe.count)
    return slice(start, stop)
