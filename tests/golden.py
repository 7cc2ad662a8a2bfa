"""Golden files: the whole expected text, kept beside the tests and rewritten on request.

``COMTRAP_GOLDEN=1 pytest tests`` rewrites every golden the tests check; read the difference before committing it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ADVICE = "the golden differs; run `make golden` and read the difference"


def rewriting() -> bool:
    """Whether goldens are to be rewritten rather than compared."""
    return os.environ.get("COMTRAP_GOLDEN") == "1"


def check_golden(path: Path, text: str) -> None:
    """Compare `text` with the file at `path`, or write it there when goldens are being rewritten.

    Line ends are ``\\n`` whatever the platform. Outside a rewrite, a golden that is absent is a failure.
    """
    if rewriting():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return
    assert path.exists(), f"{path} is absent; run `make golden`"
    assert text == path.read_bytes().decode().replace("\r\n", "\n"), f"{path}: {ADVICE}"
