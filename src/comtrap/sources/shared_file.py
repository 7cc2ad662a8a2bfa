"""A file that another process can open."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO


class SharedFile:
    """A path to some content; where it is that of a copy, the copy is gone once nobody refers to this.

    Attributes:
        path: as the system has it.
    """

    def __init__(self, path: bytes) -> None:
        """Args: path: a file that is there."""
        self.path = path

    @classmethod
    def of(cls, stream: BinaryIO) -> SharedFile:
        """The stream's own file, or a temporary copy of what is in an archive or comes from standard input.

        Raises:
            SourceError: the stream breaks off.
        """
        whole = getattr(stream, "whole_file", lambda: None)()
        name = getattr(whole, "name", None)
        if isinstance(name, str):
            return cls(os.fsencode(Path(name).absolute()))
        handle, path = tempfile.mkstemp(prefix="comtrap-")
        copy = cls(os.fsencode(path))
        weakref.finalize(copy, os.unlink, path)
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(stream, out)
        return copy
