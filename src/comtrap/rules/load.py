"""Rule files to rules.

A rule is one TOML file. Every mistake of every file is found in one go, and a bad file does not hide the good ones.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, Label, PluginError, RuleError, Span, together
from comtrap.rules import cache
from comtrap.rules.guides import LIMIT, place_of
from comtrap.rules.read import read
from comtrap.rules.table import content, table_of
from comtrap.rules.written import read_rules, write_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from comtrap.rules.rule import Rule

PACKS = Path(__file__).parent.parent / "packs"
DEFAULT = "com_abuse"
KIND = "rules"


def load_rules(*names: str | Path) -> list[Rule]:
    """The rules of packs (by name), folders and files; without a name, those of the pack ``com_abuse``.

    Raises:
        PluginError: a name is neither a pack nor a path.
        RuleError: a file is wrong; further wrong files are in its notes.
    """
    rules, errors = load(locate(name) for name in names or (DEFAULT,))
    if errors:
        raise together(errors)
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
    files: dict[Path, bytes] = {}
    errors: list[RuleError] = []
    for path in dict.fromkeys(found for top in paths for found in _files(top)):
        try:
            files[path] = content(path)
        except RuleError as error:
            errors.append(error)
    key = cache.key_of(files.values())
    rules = _kept(key, list(files))
    if rules is None:
        guides: list[str | None] = []
        rules, wrong = _read(files, guides)
        errors += wrong
        if key is not None and not wrong:
            with suppress(ValueError):  # of a form that cannot be kept
                cache.write(KIND, key, write_rules(rules, guides))
    return rules, errors


def _kept(key: str | None, paths: list[Path]) -> list[Rule] | None:
    """The rules of files as the cache has them; None if it has none, or of other guides."""
    data = cache.read(KIND, key)
    if data is None:
        return None
    try:
        rules, guides = read_rules(data, paths)
    except ValueError:
        return None  # not what we write: it is written anew
    seen: dict[tuple[Path, str], str] = {}
    for path, guide in zip(paths, guides, strict=True):
        if guide is not None:
            name = guide.partition(" ")[0]
            at = (path.parent, name)
            seen[at] = seen.get(at) or _guide(path, name)
            if seen[at] != guide:
                return None
    return rules


def _read(files: Mapping[Path, bytes], guides: list[str | None]) -> tuple[list[Rule], list[RuleError]]:
    """The rules of files, and what is wrong with the others; adds of each the guide that it names and what that held."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    by_id: dict[str, Path] = {}
    for path, data in files.items():
        try:
            table, text = table_of(data, path)
            name = table.get("guide")
            guides.append(_guide(path, name) if isinstance(name, str) else None)
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


def _guide(rule: Path, name: str) -> str:
    """A guide's name, and what tells its content from any other."""
    if not name.isidentifier():  # no guide's name, whatever file it may be the path of
        return f"{name} none"
    try:
        with place_of(rule, name).open("rb") as file:
            return f"{name} {hashlib.sha256(file.read(LIMIT + 1)).hexdigest()}"
    except (OSError, ValueError):
        return f"{name} none"


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
