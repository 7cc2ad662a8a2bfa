"""Markdown whose paragraphs are one line each: Kibana shows every line break that a file is broken at."""

from __future__ import annotations

import re

FENCE = re.compile(r" *(`{3,}|~{3,})")
"""What opens a block of code, and what closes it; the marks are the group."""

_ITEM = re.compile(r" *([-*+]|\d{1,9}[.)]) ")
_OWN = re.compile(r"#{1,6} |[|>]|<[a-z/!]|!\{|([-*_=] *){3,}$|\[[^\]]+\]: ", re.IGNORECASE)
_CODE = re.compile(r"\t| {4}")
_EMPTY = re.compile(r"\A\s*\n")  # before the first line that is not


def flowing(markdown: str) -> str:
    """The text with the lines of each paragraph and of each item of a list joined, and one empty line between blocks.

    Line breaks that are meant stay: in code, tables, quotes and between items, and behind two blanks or a backslash.
    """
    lines: list[str] = []
    fence, joins = "", False
    for line in _EMPTY.sub("", markdown.rstrip()).split("\n"):
        marks = FENCE.match(line)
        if fence or marks:
            fence, joins = fence_behind(fence, line), False
            lines.append(line)
        elif not line.strip():
            lines += [""] * bool(lines and lines[-1])
            joins = False
        elif joins and not _ITEM.match(line) and not _OWN.match(line.lstrip()):
            lines[-1] += f" {_ended(line.lstrip())}"
            joins = not _breaks(line)
        else:
            lines.append(_ended(line))
            item = _ITEM.match(line) is not None
            joins = not _breaks(line) and (item or not (_OWN.match(line.lstrip()) or _CODE.match(line)))
    return "\n".join(lines)


def fence_behind(fence: str, line: str) -> str:
    """The marks of the block of code that is open behind a line, empty outside of one.

    Args:
        fence: those that were open before it.
        line: the line.
    """
    marks = FENCE.match(line)
    if marks is None:
        return fence
    if not fence:
        return marks[1]
    return "" if marks[1].startswith(fence) and not line[marks.end() :].strip() else fence


def _breaks(line: str) -> bool:
    """Whether the break behind a line is meant."""
    return line.endswith(("  ", "\\"))


def _ended(line: str) -> str:
    return line if _breaks(line) else line.rstrip()
