"""What is known of COM objects: those that are abused, and those of everyday use."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.com import clsid
from comtrap.com.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = Path(__file__).parent.parent / "packs" / "com_abuse" / "com_objects.toml"
SIZE = 1 << 20  # characters of one text that are looked at
_SHORT = 4096  # characters of texts whose answer is kept
_VERSION = re.compile(r"(\.\d+)+$")
_WORD = re.compile(r"(?<![A-Za-z0-9_.])[A-Za-z][A-Za-z0-9_]{0,63}(?:\.[A-Za-z0-9_]{1,63}){1,4}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an id is written, and how: a published file with its version and line, or a public capture with its record."""

    where: str
    quote: str


@dataclass(frozen=True, slots=True)
class ComObject:
    """One object of the catalogue.

    Attributes:
        id: class, application or type library id, upper case with braces; None for what is known by its ProgID only.
        kind: what the id is: ``class``, ``application``, ``type library``; ``ProgID`` without one.
        use: what it is abused for (``elevation``, ``execution``, ``download``, ``evasion``, ``hijack``, ``token``), or
            ``context`` and ``ordinary``.
        elevated: gets an administrator's token without a prompt.
        about: one sentence.
        appid: the application id of a class, where it is another.
        interfaces: by which it is called: name, and the id in braces where a source gives it.
        server: the library or program that serves it; empty where no source says.
        benign: what everyday use of it looks like.
        actors: who was seen using it.
        references: addresses where a reader can check what is said.
        sources: where the id itself can be checked.
    """

    id: str | None
    kind: tuple[str, ...]
    name: str
    use: str
    about: str
    progids: tuple[str, ...] = ()
    elevated: bool = False
    appid: str | None = None
    interfaces: tuple[str, ...] = ()
    server: str = ""
    benign: str = ""
    actors: tuple[Actor, ...] = ()
    references: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def ordinary(self) -> bool:
        """Whether everyday use shows it."""
        return self.use in {"ordinary", "context"}


@cache
def catalogue() -> tuple[ComObject, ...]:
    """All objects, in the order of the file."""
    return tuple(map(_object, tomllib.loads(DATA.read_text("utf-8"))["object"]))


def _object(entry: Mapping[str, Any]) -> ComObject:
    lists = ("kind", "progids", "interfaces", "references")
    given = {"id": None, **entry, **{name: tuple(entry.get(name, ())) for name in lists}}
    given["actors"] = tuple(Actor(**actor) for actor in entry.get("actors", ()))
    given["sources"] = tuple(Source(**source) for source in entry.get("sources", ()))
    return ComObject(**given)


def lookup(text: str) -> ComObject | None:
    """The object of an id (with or without braces), of a ProgID (its version may follow), or of a name."""
    wanted = text.strip()
    by_id = clsid.canonical(wanted)
    if by_id is not None:
        return _by_id().get(by_id)
    low = wanted.lower()
    return _by_progid().get(low) or _by_progid().get(_VERSION.sub("", low)) or _by_name().get(low)


def named_in(values: Iterable[str]) -> list[ComObject]:
    """The objects that some texts name, by id or ProgID; each once, in order."""
    # An object is its place in the catalogue here: all that it holds is dear to hash.
    found: dict[int, None] = {}
    for value in dict.fromkeys(values):
        found |= dict.fromkeys(_named(value) if len(value) <= _SHORT else _named_in(value[:SIZE]))
    return [catalogue()[place] for place in found]


@lru_cache(4096)
def _named(text: str) -> tuple[int, ...]:
    """Kept, as alerts that come in numbers have much in common."""
    return _named_in(text)


def _named_in(text: str) -> tuple[int, ...]:
    ids = (_by_id().get(i) for i in (*clsid.find(text), *clsid.applications(text)))
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text))
    progids = (_by_progid().get(w) or _by_progid().get(_VERSION.sub("", w)) for w in words)
    places = _places()
    return tuple(places[id(known)] for known in (*ids, *progids) if known is not None)


@cache
def _places() -> Mapping[int, int]:
    return {id(known): place for place, known in enumerate(catalogue())}


@cache
def _by_id() -> Mapping[str, ComObject]:
    """Objects by their own id, then by the application they run in."""
    applications = {o.appid: o for o in catalogue() if o.appid is not None}
    return applications | {o.id: o for o in catalogue() if o.id is not None}


@cache
def _by_progid() -> Mapping[str, ComObject]:
    return {p.lower(): o for o in reversed(catalogue()) for p in o.progids}


@cache
def _by_name() -> Mapping[str, ComObject]:
    return {o.name.lower(): o for o in reversed(catalogue())}
