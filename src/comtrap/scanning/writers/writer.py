"""What a writer of documents is, and the files it writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from comtrap.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PART_EVENTS = 250_000
"""How many documents a file of a folder has, at most."""


class Writer(Protocol):
    """A class called `Writer` in a module of `comtrap.scanning.writers`, made with a `Target`."""

    def write(self, documents: Iterator[bytes]) -> None:
        """Take the documents of one input, each one JSON object, in order."""

    def close(self) -> None:
        """Finish the files."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where documents go.

    Attributes:
        path: a file; or a folder, in which there is one file for every `PART_EVENTS` documents.
        is_folder: which of them.
        stream: a file that is open already and takes all, in the place of a path.
    """

    path: Path | None
    is_folder: bool = False
    stream: IO[bytes] | None = None

    @classmethod
    def of(cls, written: str, inputs: Iterable[str]) -> Target:
        """A folder is one that is there, or a name that ends like one's.

        Args:
            written: the path as it was given.
            inputs: what is to be read.

        Raises:
            SourceError: it is one of the inputs, and would be overwritten.
        """
        path = Path(written)
        is_folder = path.is_dir() or written.endswith(("/", "\\"))
        if not is_folder and path.exists() and any(Path(p).exists() and path.samefile(p) for p in inputs):
            raise SourceError(f"{written}: is an input, which is never overwritten")
        return cls(path, is_folder)

    def opened(self, number: int, suffix: str) -> IO[bytes]:
        """The n-th file, counted from 0; the folder is made if need be."""
        if self.path is None:
            assert self.stream is not None
            return self.stream
        if not self.is_folder:
            return self.path.open("wb")
        self.path.mkdir(parents=True, exist_ok=True)
        return (self.path / f"part-{number:05}.{suffix}").open("wb")

    @property
    def most(self) -> int | None:
        """How many documents go into one file, None for all."""
        return PART_EVENTS if self.is_folder else None
