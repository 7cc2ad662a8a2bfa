"""Documents as JSON, one a line."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.scanning.writers.writer import Target

SUFFIX = "ndjson"


class Writer:
    """Writes as documents come."""

    def __init__(self, target: Target) -> None:
        """Open the first file."""
        self._target = target
        self._parts = self._written = 0
        self._file: IO[bytes] | None = self._opened()

    def write(self, documents: Iterator[bytes]) -> None:
        """One line each."""
        for document in documents:
            if self._written == self._target.most:
                self.close()
                self._written = 0
            if self._file is None:
                self._file = self._opened()
            self._file.write(document + b"\n")
            self._written += 1

    def close(self) -> None:
        """Finish the file that is open."""
        if self._file is not None and self._target.path is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        self._parts += 1
        return self._target.opened(self._parts - 1, SUFFIX)
