"""Bytes that many places are read of at once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from comtrap.events.arrays import integers

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.int64]
"""Offsets into bytes, or indices of rows."""
Mask: TypeAlias = npt.NDArray[np.bool_]


class Memory:
    """Numbers at any offsets of some bytes, which need not be aligned.

    What is asked for must lie within the bytes: offsets are to be checked before.

    Args:
        data: the bytes, contiguous.
    """

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self._views: dict[str, npt.NDArray[Any]] = {}

    def numbers(self, kind: str, at: Places) -> npt.NDArray[Any]:
        """The numbers of a numpy type (``<u4``) at some offsets; of ``V12`` the twelve bytes at each."""
        view = self._views.get(kind)
        if view is None:
            dtype = np.dtype(kind)
            count = max(0, self.data.size - dtype.itemsize + 1)
            view = self._views[kind] = np.ndarray((count,), dtype, self.data, 0, (1,))
        return view[at]

    def u32(self, at: Places) -> npt.NDArray[np.uint32]:
        """Four bytes each as a number."""
        return self.numbers("<u4", at)

    def rows(self, at: Places, size_bytes: int) -> Bytes:
        """As many bytes from each offset on: one row of a matrix each."""
        return self.numbers(f"V{size_bytes}", at).view(np.uint8).reshape(-1, size_bytes)


def distinct(numbers: Places) -> tuple[Places, Places]:
    """The different numbers, ascending, and of each number which of them it is; where few differ, faster than sorting."""
    coded = integers(numbers).dictionary_encode()
    found = np.asarray(coded.dictionary)
    order = np.argsort(found)
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return found[order], place[np.asarray(coded.indices)]
