"""Investigation guides and response steps that the rules of one behaviour share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1 << 16  # bytes of one guide
_PARTS = ("## Investigation", "## Response")


@dataclass(frozen=True, slots=True)
class Guide:
    """Markdown for people: how to find out whether an alert is real, and what to do if it is."""

    investigation: str
    response: str


def place_of(rule: Path, name: str) -> Path:
    """Where the guide of a rule lies."""
    return rule.parent.parent / "guides" / f"{name}.md"


def read_guide(rule: Path, name: str) -> Guide:
    """The guide that a rule of a pack names: ``guides/<name>.md`` beside the folder of the rule.

    A guide has a title and two parts, ``## Investigation`` and ``## Response``.

    Raises:
        ValueError: there is none, or it is not of this form.
    """
    path = place_of(rule, name)
    try:
        if path.stat().st_size > LIMIT:
            raise ValueError(f"{path} is larger than {LIMIT} bytes")
        lines = path.read_text("utf-8").replace("\r\n", "\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    found = [line.rstrip() for line in lines if line.startswith("## ")]
    if found != list(_PARTS):
        raise ValueError(f"{path} has the parts {', '.join(found) or 'none'}; expected {' and '.join(_PARTS)}")
    first, second = (lines.index(line) for line in lines if line.rstrip() in _PARTS)
    return Guide("\n".join(lines[first:second]).strip(), "\n".join(lines[second:]).strip())
