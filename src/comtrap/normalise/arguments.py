"""Command lines cut into arguments, in the two ways of Elastic's pipelines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.normalise.values import Each

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

# One argument as Windows sees it: quoted stretches, and the rest up to a blank.
_PIECE = re.compile(r'\\*"|\\+|[^\\" \t]+|[ \t]+')

# A whole argument, where no quote is escaped and none stands beside another.
_PLAIN = re.compile(r'(?:[^ \t"]+|"[^"]*(?:"|\Z))+')
# A stretch without blanks, or with quoted ones.
_WORD = re.compile(r'(?:[^ \t\n\r\v\f"]+|"[^"]*(?:"|\Z))*')


def split(line: str) -> list[str]:
    """The arguments as a program sees them: quotes taken off, backslashes halved before quotes.

    Source: Elastic's Sysmon and PowerShell pipelines, which follow Go's reading of CommandLineToArgvW.
    """
    if '\\"' not in line and '""' not in line:
        return [piece.replace('"', "") for piece in _PLAIN.findall(line)]
    out: list[str] = []
    current: list[str] | None = None
    quoted = False
    position, end = 0, len(line)
    while position < end:
        match = _PIECE.match(line, position)
        assert match is not None
        piece, position = match[0], match.end()
        if piece[0] in " \t" and not quoted:
            if current is not None:
                out.append("".join(current))
            current = None
            continue
        current = [] if current is None else current
        if piece[-1] != '"':
            current.append(piece)
            continue
        slashes = len(piece) - 1
        current.append("\\" * (slashes // 2))
        if slashes % 2:
            current.append('"')
        else:
            if quoted and line[position : position + 1] == '"':
                current.append('"')
                position += 1
            quoted = not quoted
    if current is not None:
        out.append("".join(current))
    return out


def cut(line: str) -> list[str]:
    """The stretches between single blanks outside double quotes; quotes stay, two blanks give an empty one.

    Source: Elastic's Security pipelines, event 4688.
    """
    out: list[str] = []
    position = -1
    while position < len(line):
        match = _WORD.match(line, position + 1)
        assert match is not None
        out.append(match[0])
        position = match.end()
    return out


def _counted(arguments: list[str]) -> str:
    return str(len(arguments))


def command_line_of(line: Expr, process: str = "process") -> dict[str, Expr]:
    """A process's command line and its arguments."""
    arguments = Each(split, (f"{process}.command_line",), many=True)
    return {
        f"{process}.command_line": line,
        f"{process}.args": arguments,
        f"{process}.args_count": Each(_counted, (arguments,)),
    }
