"""What a record's values are called: the XML of its templates, told as columns.

The names and the choice of values are those of `comtrap.sources.shapes`: a record is the same whichever way it was read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from comtrap.sources.evtx.template import DEPTH, Element, Hole
from comtrap.sources.shapes.event import ATTRIBUTES
from comtrap.sources.shapes.evtx_event import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.sources.evtx.definitions import Template

PIECES = 10_000
"""How many elements and pieces of text a record may have: a value can stand in any number of places."""

DATA, _USER_DATA = "winlog.event_data.", "winlog.user_data."


class InexpressibleError(Exception):
    """Records of a form that is not told as columns here."""


class OverlongError(Exception):
    """Records that would be larger than any log has."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a record: which of those of which of its template instances."""

    part: int
    index: int


Text: TypeAlias = tuple[str | Value, ...]
"""The pieces of a text, in their order."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element of a record, with whatever its values are in place."""

    name: str
    attributes: tuple[tuple[str, Text], ...]
    text: Text
    nodes: tuple[Node, ...]

    def attribute(self, name: str) -> Text:
        """The pieces of an attribute's value, none if it is not there."""
        return next((text for key, text in self.attributes if key == name), ())


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a template instance stands: in which other one, as which of its values."""

    part: int
    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The columns of records whose templates are the same.

    Attributes:
        columns: name to the pieces of the text.
        unnamed: a value that, if it is several texts, is columns ``param1``, ``param2`` and so on.
        several: values that may be several texts, of which the last counts.
        single: all others, which must be one.
        is_rendered: whether values are in Winlogbeat's form wherever they are, not only in data: see `from_event`.
    """

    columns: Mapping[str, Text]
    unnamed: Value | None
    several: frozenset[Value]
    single: frozenset[Value]
    is_rendered: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """What is looked at first in records of a template.

    Attributes:
        channel: None where they have none.
    """

    provider: str | Hole
    code: str | Hole
    channel: str | Hole | None


def heading(template: Template) -> Heading | None:
    """Provider, event id and channel of records of a template, None where they are not there to see."""
    provider = code = channel = None
    event = template.roots[0] if len(template.roots) == 1 else None
    for system in _children(event, "System"):
        for element in _children(system, "Provider"):
            provider = _one(next((value for name, value in element.attributes if name == "Name"), ()))
        for element in _children(system, "EventID"):
            code = _one(element.content)
        for element in _children(system, "Channel"):
            channel = _one(element.content)
    return None if provider is None or code is None else Heading(provider, code, channel)


def _children(element: Element | None, name: str) -> Iterator[Element]:
    for piece in () if element is None else element.content:
        if isinstance(piece, Element) and piece.name == name:
            yield piece


def _one(pieces: Sequence[object]) -> str | Hole | None:
    """A text's only piece."""
    (piece,) = pieces if len(pieces) == 1 else (None,)
    return piece if isinstance(piece, str | Hole) and piece else None


def layout(templates: Sequence[Template], stands: Sequence[Stand]) -> Layout:
    """The columns of records.

    Args:
        templates: of their template instances; the first is the event's own.
        stands: where each of the others stands.

    Raises:
        InexpressibleError: they have something that no column is for.
        OverlongError: their values stand in too many places.
    """
    roots = _Expansion(templates, {(s.part, s.index): n for n, s in enumerate(stands, 1)}).roots(0, 0)
    if len(roots) != 1 or roots[0].name != "Event" or any(roots[0].text):
        raise InexpressibleError("no event")
    return _Columns().made(roots[0])


@dataclass(slots=True)
class _Expansion:
    """Puts template instances in the places where they stand."""

    templates: Sequence[Template]
    stands: Mapping[tuple[int, int], int]
    pieces: int = 0

    def roots(self, part: int, depth: int) -> list[Node]:
        return [self.node(element, part, depth) for element in self.templates[part].roots]

    def node(self, element: Element, part: int, depth: int) -> Node:
        self.pieces += 1 + len(element.content) + len(element.attributes)
        if self.pieces > PIECES or depth > DEPTH:
            raise OverlongError
        text: list[str | Value] = []
        nodes: list[Node] = []
        for piece in element.content:
            if isinstance(piece, Element):
                nodes.append(self.node(piece, part, depth + 1))
            elif isinstance(piece, Hole) and (part, piece.index) in self.stands:
                nodes += self.roots(self.stands[part, piece.index], depth + 1)
            else:
                text.append(_filled(piece, part))
        attributes = tuple((name, self.attribute(value, part)) for name, value in element.attributes)
        return Node(element.name, attributes, tuple(piece for piece in text if piece), tuple(nodes))

    def attribute(self, value: Sequence[str | Hole], part: int) -> Text:
        if any(isinstance(piece, Hole) and (part, piece.index) in self.stands for piece in value):
            raise InexpressibleError("elements in an attribute")
        return tuple(_filled(piece, part) for piece in value if piece)


def _filled(piece: str | Hole, part: int) -> str | Value:
    return Value(part, piece.index) if isinstance(piece, Hole) else piece


@dataclass(slots=True)
class _Columns:
    """Collects the columns of an event."""

    columns: dict[str, Text] = field(default_factory=dict)
    unnamed: Value | None = None
    several: set[Value] = field(default_factory=set)
    everything: Counter[Value] = field(default_factory=Counter)

    def made(self, event: Node) -> Layout:
        parts = self._distinct(event.nodes)
        if not parts.keys() <= {"System", "EventData", "UserData", "RenderingInfo"}:
            raise InexpressibleError("an element that events do not have")
        self._collect(event)
        if "System" in parts:
            self._system(parts["System"])
        if "RenderingInfo" in parts:
            self._rendering(parts["RenderingInfo"])
        is_rendered = "UserData" in parts
        if "EventData" in parts:
            is_rendered |= self._event_data(parts["EventData"])
        if "UserData" in parts:
            self._user_data(parts["UserData"])
        # What is several texts repeats the element around it, wherever that is.
        several = {value for value in self.several if self.everything[value] == 1}
        unnamed = self.unnamed if self.unnamed is not None and self.everything[self.unnamed] == 1 else None
        single = frozenset(self.everything.keys() - several - {unnamed})
        return Layout(self.columns, unnamed, frozenset(several), single, is_rendered)

    def _collect(self, node: Node) -> None:
        """Take note of all values, and in how many places each is."""
        for text in (node.text, *(value for _, value in node.attributes)):
            self.everything.update(piece for piece in text if isinstance(piece, Value))
        for inner in node.nodes:
            self._collect(inner)

    def _put(self, name: str, text: Text) -> None:
        if name in self.columns:
            raise InexpressibleError("two values of one name")
        self.columns[name] = text

    def _distinct(self, nodes: Sequence[Node]) -> dict[str, Node]:
        found = {node.name: node for node in nodes}
        if len(found) < len(nodes):
            raise InexpressibleError("two elements of one name")
        return found

    def _system(self, system: Node) -> None:
        if system.text:
            raise InexpressibleError("a text between elements")
        for name, node in self._distinct(system.nodes).items():
            path = f"System.{name}"
            for attribute, text in node.attributes:
                self._known(f"{path}.{ATTRIBUTES}.{attribute}", text)
            if path in NAMES:
                if node.nodes or (node.attributes and f"{path}.#text" not in NAMES):
                    raise InexpressibleError("a text with other things beside it")
                self._known(path, node.text)

    def _rendering(self, rendering: Node) -> None:
        for node in rendering.nodes:
            if node.name == "Message":
                if node.nodes or node.attributes:
                    raise InexpressibleError("a text with other things beside it")
                self._known("RenderingInfo.Message", node.text)

    def _known(self, path: str, text: Text) -> None:
        for name in NAMES.get(path, ()):
            self._put(name, text)

    def _event_data(self, data: Node) -> bool:
        """The values of named and unnamed data, and whether the event is in Winlogbeat's form through this."""
        if data.text:
            if data.nodes or data.attributes:
                raise InexpressibleError("a text with other things beside it")
            self._put(f"{DATA}param1", data.text)
            return True
        items = [node for node in data.nodes if node.name == "Data"]
        named = [node for node in items if any(name == "Name" for name, _ in node.attributes)]
        self._fields([node for node in data.nodes if node.name != "Data"], DATA)
        if named:
            if len(named) < len(items):
                raise InexpressibleError("named and unnamed data")
            self._named(named)
        elif items:
            self._unnamed(items)
        return bool(items and not named)

    def _named(self, items: Sequence[Node]) -> None:
        """Of two values of one name the last counts."""
        last: dict[str, Node] = {}
        for node in items:
            name = "".join(piece if isinstance(piece, str) else "" for piece in node.attribute("Name"))
            if any(isinstance(piece, Value) for piece in node.attribute("Name")) or not name or name == "Data":
                raise InexpressibleError("data that is named by a value")
            if name in last and (node.nodes or last[name].nodes):
                raise InexpressibleError("two elements of one name")
            last[name] = node
        for name, node in last.items():
            self._field(name, node, DATA)
            if len(node.text) == 1 and isinstance(node.text[0], Value):
                self.several.add(node.text[0])

    def _unnamed(self, items: Sequence[Node]) -> None:
        if any(node.nodes for node in items):
            raise InexpressibleError("elements in unnamed data")
        if len(items) == 1 and len(items[0].text) == 1 and isinstance(items[0].text[0], Value):
            self.unnamed = items[0].text[0]
        for number, node in enumerate(items, 1):
            self._put(f"{DATA}param{number}", node.text)

    def _user_data(self, data: Node) -> None:
        """The fields of its one element, and what that is called."""
        if data.text or len(data.nodes) > 1:
            raise InexpressibleError("not one element in user data")
        for node in data.nodes:
            if node.text or not (node.nodes or any(map(_is_constant, node.attributes))):
                raise InexpressibleError("user data without fields")
            self._checked(node.name)
            self._fields(node.nodes, _USER_DATA)
            self._put(f"{_USER_DATA}xml_name", (node.name,))

    def _fields(self, nodes: Sequence[Node], prefix: str) -> None:
        """Elements by name; further ones of a name have a number."""
        seen: Counter[str] = Counter()
        for node in nodes:
            number = seen[node.name]
            seen[node.name] += 1
            self._field(f"{node.name}_{number}" if number else node.name, node, prefix)

    def _field(self, name: str, node: Node, prefix: str) -> None:
        self._checked(name)
        if not node.nodes:
            self._put(prefix + name, node.text)
        elif node.text:
            raise InexpressibleError("a text with other things beside it")
        else:
            self._fields(node.nodes, f"{prefix}{name}.")

    def _checked(self, name: str) -> None:
        if name[:1] in {"#", "@"} or name.endswith("_attributes"):
            raise InexpressibleError("a name that means something else")


def _is_constant(attribute: tuple[str, Text]) -> bool:
    return any(isinstance(piece, str) and piece for piece in attribute[1])
