"""What an export target is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a rule, where the target cannot say all of it.

    Attributes:
        rule: the rule.
        text: what is said differently, or why the rule is left out.
        left_out: whether it is.
    """

    rule: Rule
    text: str
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export gives.

    Attributes:
        files: the text of each file by its name, which is the same on every system.
        rules: how many rules are in the files.
        notes: every rule that is left out, and everything that is said differently; in the order of the rules.
    """

    files: Mapping[str, str]
    rules: int
    notes: tuple[Note, ...] = ()


@dataclass
class NoFormError(Exception):
    """The target has no form for something a rule says; the message says for what."""

    message: str

    def __str__(self) -> str:
        return self.message


def file_names(rules: Sequence[Rule]) -> Mapping[UUID, str]:
    """What the file of each rule is called, by its id: as its own file, and with its id where several are called that."""
    stems = Counter(rule.path.stem.lower() for rule in rules)
    return {
        rule.id: rule.path.stem if stems[rule.path.stem.lower()] == 1 else f"{rule.path.stem}_{rule.id}"
        for rule in rules
    }


class Target(Protocol):
    """A module of `comtrap.export` is a target if it has these names.

    A target that also has a name ``SUFFIX`` writes one file and is given a path to write to; any other writes files below
    a folder.
    """

    ABOUT: str

    def export(self, rules: Sequence[Rule]) -> Exported:
        """The rules in the target's words.

        Raises:
            PluginError: a package that it needs is not installed.
        """
