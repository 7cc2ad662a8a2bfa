"""Arrow with the memory of the C library, which gives it back to numpy and takes it from there."""

from __future__ import annotations

import os
import sys

POOL = "ARROW_DEFAULT_MEMORY_POOL"
"""The variable that Arrow looks at once, when it is asked for memory first."""


def system_memory() -> None:
    """Let Arrow, here and in the processes started from here, have no memory pool of its own.

    Of columns one half is made by numpy and one by Arrow: two allocators each keep what the other one lacks, 50 MiB in a
    scan. For processes of our own only. Only where the C library is glibc: others are slower than Arrow's own pool. Does
    nothing where somebody chose a pool, or Arrow is there already.
    """
    if "pyarrow" not in sys.modules and _is_glibc():
        os.environ.setdefault(POOL, "system")


def _is_glibc() -> bool:
    name = "CS_GNU_LIBC_VERSION"
    return name in getattr(os, "confstr_names", ()) and bool(os.confstr(name))
