"""Rule files to rules.

A rule is one TOML file. Every mistake of every file is found in one go, and a bad file does not hide the good ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, Label, PluginError, RuleError, Span
from comtrap.rules.read import read
from comtrap.rules.table import open_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.rules.rule import Rule

PACKS = Path(__file__).parent.parent / "packs"
DEFAULT = "com_abuse"


def load_rules(*names: str | Path) -> list[Rule]:
    """The rules of packs (by name), folders and files; without a name, those of the pack ``com_abuse``.

    Raises:
        PluginError: a name is neither a pack nor a path.
        RuleError: a file is wrong; further wrong files are in its notes.
    """
    rules, errors = load(locate(name) for name in names or (DEFAULT,))
    if errors:
        first, *others = errors
        for other in others:
            first.add_note(str(other))
        raise first
    return rules


def packs() -> list[str]:
    """The packs that come with comtrap."""
    return sorted(p.parent.name for p in PACKS.glob("*/pack.toml"))


def locate(name: str | Path) -> Path:
    """The folder of a pack, or the folder or file that the name is.

    Raises:
        PluginError: it is neither.
    """
    if isinstance(name, str) and name in packs():
        return PACKS / name
    path = Path(name)
    if not path.exists():
        raise PluginError(f"no pack, folder or file called {str(name)!r}; the packs are {', '.join(packs())}")
    return path


def load(paths: Iterable[Path]) -> tuple[list[Rule], list[RuleError]]:
    """All rules below some paths, in order of path, and what is wrong with the others.

    A folder with a ``pack.toml`` gives the rules of its folder ``rules``; any other folder all TOML files below it. Two rules
    with one id: the second is wrong.
    """
    rules: list[Rule] = []
    errors: list[RuleError] = []
    by_id: dict[str, Path] = {}
    for path in dict.fromkeys(found for top in paths for found in _files(top)):
        try:
            table, text = open_table(path)
            rule = read(table, text, path)
        except RuleError as error:
            errors.append(error)
            continue
        first = by_id.setdefault(str(rule.id), path)
        if first is path:
            rules.append(rule)
        else:
            errors.append(
                _wrong(path, "E305", f"rule id {rule.id} is used twice", f"first used by {first}", key=str(rule.id))
            )
    return rules, errors


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    elif (path / "pack.toml").is_file():
        yield from sorted((path / "rules").rglob("*.toml"))
    else:
        found = sorted(path.rglob("*.toml"))
        inner = {p.parent for p in found if p.name == "pack.toml"}
        for pack in sorted(inner):
            yield from _files(pack)
        yield from (p for p in found if not any(p.is_relative_to(pack) for pack in inner))


def _wrong(path: Path, code: str, title: str, remedy: str | None = None, *, key: str = "") -> RuleError:
    text = path.read_text("utf-8", errors="replace") if key else ""
    at = text.find(key) if key else -1
    labels = (Label(Span(at, at + len(key))),) if at >= 0 else ()
    return RuleError((Diagnostic(code, title, labels, remedy),), str(path), text)
