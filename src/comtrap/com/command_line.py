"""What a command line says once the tricks are taken off it."""

from __future__ import annotations

import base64
import re

DEPTH = 5  # encoded commands inside encoded commands that are followed
LIMIT = 16  # decoded texts kept of one command line
SIZE = 1 << 20  # characters of one text that are looked at; Windows ends a command line at 32,767

# PowerShell takes any beginning of a parameter's name, and -, / or one of three longer dashes before it. `-ec` is an alias of its own.
# Source: about_PowerShell_exe; System.Management.Automation's CommandLineParameterParser.
_NAME = "ncodedcommand"
_PREFIXES = "|".join(["c", *(_NAME[:n] for n in range(len(_NAME), 0, -1))])
_ENCODED = re.compile(
    rf"(?:^|[\s,;(&|'`])[-/\u2013\u2014\u2015]e(?:{_PREFIXES})?(?:\s+|\s*:\s*)'?([A-Za-z0-9+/]{{8,}}={{0,2}})",
    re.IGNORECASE,
)
_TRICK = '["^`]*'
HINT = (
    rf"(?i)[-/\x{{2013}}-\x{{2015}}]{_TRICK}e[{_NAME}\"^`]*[\s\pZ:\x0b\x1c-\x1f\x{{85}}'\"^`]+"
    rf"(?:[a-z0-9+/]{_TRICK}){{8}}"
)
"""An RE2 expression found in every text of which `decoded` gives something, and in few others."""


def plain(text: str) -> str:
    """The text without carets, double quotes and backquotes, each run of blanks as one, none at the ends."""
    return " ".join(_bare(text).split())


def decoded(text: str) -> list[str]:
    """The commands given to PowerShell in base64, outer before inner; each text once.

    Found after any spelling of ``-EncodedCommand``. What does not decode to text as UTF-16LE is passed over: ``-e`` is
    an option of many a program.
    """
    out: dict[str, None] = {}
    level = [text]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in _commands(outer) if inner not in out]
        out.update(dict.fromkeys(level))
        if not level or len(out) >= LIMIT:
            break
    return list(out)[:LIMIT]


def _commands(text: str) -> list[str]:
    found = []
    for match in _ENCODED.finditer(_bare(text)):
        command = _text(match[1])
        if command is not None:
            found.append(command)
            if len(found) >= LIMIT:
                break
    return found


def _bare(text: str) -> str:
    """Without what cmd.exe and PowerShell take off the inside of words: backquotes are PowerShell's carets."""
    return text[:SIZE].replace("^", "").replace('"', "").replace("`", "")


def _text(encoded: str) -> str | None:
    bare = encoded.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        text = data[: len(data) & ~1].decode("utf-16-le")
    except ValueError:  # letters beyond ASCII too: without regard to case, two of them are letters of base64
        return None
    readable = sum(1 for c in text if " " <= c <= "~" or c in "\t\r\n")
    # Bytes that are no UTF-16 read as Chinese at best.
    return text if text and readable * 2 > len(text) else None
