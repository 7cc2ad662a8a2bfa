"""API keys and passwords: where they come from, and how they stay unseen."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from comtrap.errors import PluginError

_KEY = re.compile(r"[A-Za-z0-9+/=_:.-]{8,4096}")
_LONGEST_KEY_FILE = 1 << 16


class Secret:
    """A text that shows itself nowhere: not when printed, not in a traceback, not in a log."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The text."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """A text without it, in any of the forms it is known in."""
        forms = {self._text}
        try:
            plain = base64.b64decode(self._text, validate=True).decode("ascii")
            forms |= {plain, *(part for part in plain.split(":") if len(part) >= 8)}
        except (ValueError, UnicodeDecodeError):
            pass
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "…")
        return text


def from_file(file: str) -> str:
    """What a file says that holds an API key and nothing else.

    Raises:
        PluginError: it cannot be read.
    """
    try:
        with Path(file).open("rb") as opened:
            return opened.read(_LONGEST_KEY_FILE).decode("utf-8").strip()
    except OSError as error:
        raise PluginError(f"the API key cannot be read from {file!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PluginError(f"the API key cannot be read from {file!r}: it is no text") from None


def api_key(text: str, product: str) -> Secret:
    """An API key: base64 of ``id:key``, as which it is sent.

    Args:
        text: that, or ``id:key``.
        product: who shows it that way, for the message.

    Raises:
        PluginError: it is neither; the message does not hold it.
    """
    if _KEY.fullmatch(text) is None:
        raise PluginError(f"the API key is none: expected id:key, or the base64 of it as {product} shows it")
    return Secret(base64.b64encode(text.encode()).decode() if ":" in text else text)
