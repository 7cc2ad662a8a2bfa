"""What started what: the processes of some alerts as a tree, with COM's edges as its own.

COM takes a request out of the process tree: the program that asks for an object is not the parent of the server that
runs it, and what the server starts is nobody's doing. Here the object hangs below who asked for it, the server below the
object, and what the server started below the server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from comtrap.com import clsid
from comtrap.com.catalogue import lookup, named_in
from comtrap.com.serving import servers, serves
from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert, Evidence
    from comtrap.com.catalogue import ComObject

NEAR_NS = 600 * 1_000_000_000  # within which a process number is one process
MOST = 80  # nodes of one tree
_LEAST = 16  # characters of a script that tell it from others
_LONGEST = 4_096  # characters of one text that is looked at or kept
_NAME = re.compile(r"[^\\/]*$")


@dataclass(slots=True, eq=False)
class Node:
    """One thing in a tree.

    Attributes:
        kind: ``process``, ``object``, ``registry``, ``library``, ``script``, ``task``, ``file``, ``address``.
        edge: how it hangs below the node above: ``started``, ``asked for``, ``served by``, ``wrote``, ``loaded`` …
        label: its name.
        detail: what more there is to say: a command line, data written.
        number: a process's own.
        by: the process that started it, where COM's edge took that one's place.
        user: whose process.
        time_ns: when it was first seen; None if only named by another.
        com: whether its edge is one of COM's.
        alerts: the alerts it took part in, by place.
    """

    kind: str
    label: str
    edge: str = ""
    detail: str = ""
    number: int | None = None
    user: str = ""
    by: str = ""
    time_ns: int | None = None
    com: bool = False
    alerts: list[int] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tree:
    """The roots, in order of time, and how many nodes were left out as there were too many."""

    roots: tuple[Node, ...]
    more: int


def tree(alerts: Sequence[Alert]) -> Tree:
    """The tree of some alerts of one host that belong together."""
    grower = _Grower()
    events = [(e, n) for n, alert in enumerate(alerts) for e in alert.evidence if e.part is None]
    for evidence, number in sorted(events, key=lambda pair: pair[0].time_ns):
        grower.see(evidence, number, alerts[number])
    return grower.done()


class _Grower:
    """Puts events into a tree, in order of time."""

    def __init__(self) -> None:
        self._processes: dict[object, Node] = {}
        self._above: dict[int, Node] = {}  # a node's id to the node it hangs below
        self._nodes: list[Node] = []
        self._asked: dict[str, Node] = {}  # an object's key to the node that stands for it
        self._lines: list[tuple[str, Node]] = []  # what was on command lines, and whose

    def see(self, evidence: Evidence, number: int, alert: Alert) -> None:
        """Take one event in."""
        event = evidence.event
        own = self._runner(event) or self._process(event, "process", evidence.time_ns) or self._unnamed(evidence)
        if number not in own.alerts:
            own.alerts.append(number)
        if own.kind == "process":
            own.time_ns = evidence.time_ns if own.time_ns is None else min(own.time_ns, evidence.time_ns)
            own.detail = own.detail or _text(event, "process.command_line")
            for name in ("process.command_line", "comtrap.process.decoded_command"):
                self._lines += [(_bare(text), own) for text in _texts(event, name)]
            own.user = own.user or "\\".join(p for p in (_text(event, f"user.{n}") for n in ("domain", "name")) if p)
            parent = self._process(event, "process.parent", evidence.time_ns)
            if parent is not None and parent is not own:
                parent.detail = parent.detail or _text(event, "process.parent.command_line")
                self._hang(own, parent, "started", com=False)
                self._serve(parent)
            self._serve(own)
        self._ask(own, evidence, alert)
        self._act(own, evidence, number)

    def done(self) -> Tree:
        """The tree as it stands."""
        # A parent whose child went to the object it serves is named there.
        roots = [n for n in self._nodes if id(n) not in self._above and (n.children or n.alerts)]
        kept, more = 0, 0
        line = list(roots)
        for node in line:  # breadth first, so that what is left out is deepest
            room = max(0, MOST - kept - len(node.children))
            kept += len(node.children)
            if room == 0 and node.children:
                more += len(node.children)
                node.children.clear()
            line.extend(node.children)
        return Tree(tuple(roots[:MOST]), more + max(0, len(roots) - MOST))

    def _process(self, event: Mapping[str, Any], at: str, time_ns: int) -> Node | None:
        """The node of the process an event names there; None if it names none."""
        path = _text(event, f"{at}.executable") or _text(event, f"{at}.name")
        number = documents.get(event, f"{at}.pid")
        entity = _text(event, f"comtrap.{at}.entity_id") or _text(event, f"{at}.entity_id")
        if not path and not entity and not isinstance(number, int):
            return None
        name = _base(path)
        aliases = [("entity", entity)] if entity else []
        by_number = ("number", number) if isinstance(number, int) and number else None
        node = next((self._processes[a] for a in aliases if a in self._processes), None)
        if node is None and by_number is not None:
            same = self._processes.get(by_number)
            if same is not None and _is_same(same, name, time_ns):
                node = same
        if node is None:
            node = Node("process", path or "a process", number=number if isinstance(number, int) else None)
            self._nodes.append(node)
        if path and (_base(node.label) == node.label or node.label == "a process"):
            node.label = path
        for alias in (*aliases, *([by_number] if by_number else [])):
            self._processes[alias] = node
        return node

    def _runner(self, event: Mapping[str, Any]) -> Node | None:
        """Of a script whose log names no program: the process whose command line holds it."""
        if _text(event, "process.name") or _text(event, "process.executable"):
            return None
        script = next((_bare(t) for name in _SCRIPTS for t in _texts(event, name)), "")
        found = [node for line, node in self._lines if script in line] if len(script) >= _LEAST else []
        return found[-1] if found else None

    def _unnamed(self, evidence: Evidence) -> Node:
        """Where what no process is named for hangs: who wrote the log."""
        source = _text(evidence.event, "comtrap.source") or "the log"
        key = ("source", source)
        if key not in self._processes:
            self._processes[key] = Node("log", source)
            self._nodes.append(self._processes[key])
        return self._processes[key]

    def _hang(self, node: Node, above: Node, edge: str, *, com: bool) -> None:
        """Below another node, unless it hangs there or the other way round; COM's edges take the place of others."""
        now = self._above.get(id(node))
        if now is above or (now is not None and (node.com or not com)) or self._is_below(above, node):
            return
        if now is not None:
            now.children.remove(node)
            if now.kind == "process":
                node.by = now.detail or now.label
        above.children.append(node)
        self._above[id(node)] = above
        node.edge, node.com = edge, com

    def _is_below(self, node: Node, other: Node) -> bool:
        """Whether a node is another, or hangs somewhere below it."""
        step: Node | None = node
        while step is not None:
            if step is other:
                return True
            step = self._above.get(id(step))
        return False

    def _serve(self, node: Node) -> None:
        """A process that COM started hangs below the object it serves."""
        role = serves(_base(node.label), node.detail)
        if role is None:
            return
        keys = [o.name for o in role.objects]
        found = next((self._asked[key] for key in keys if key in self._asked), None)
        if found is None:
            if self._above.get(id(node)) is not None and self._above[id(node)].kind == "object":
                return
            found = self._object(role.label, role.objects[0] if len(role.objects) == 1 else None)
        self._hang(node, found, "served by", com=True)

    def _object(self, label: str, known: ComObject | None) -> Node:
        key = known.name if known is not None else label
        if key not in self._asked:
            node = Node("object", label, detail=(known.id or "") if known is not None else "", com=True)
            self._asked[key] = node
            self._nodes.append(node)
        return self._asked[key]

    def _ask(self, own: Node, evidence: Evidence, alert: Alert) -> None:
        """The objects that what a process ran names hang below it."""
        names = ("process.command_line", "comtrap.process.decoded_command", *_SCRIPTS)
        texts = [text for name in names for text in _texts(evidence.event, name)]
        if not (named := named_in(texts)):
            return
        if own.kind == "process" and serves(_base(own.label), own.detail) is not None:
            return  # a surrogate's own command line names what it serves
        said = [o for o in named if not o.ordinary] or [
            o for o in named if any(k["name"] == o.name for k in alert.why.objects)
        ]
        for known in said[:4]:
            node = self._object(known.name, known)
            if own is not node:
                self._hang(node, own, "asked for", com=True)

    def _act(self, own: Node, evidence: Evidence, number: int) -> None:
        """What an event did hangs below the process that did it."""
        event = evidence.event
        for node in _acts(event):
            same = next((c for c in own.children if (c.kind, c.label.lower()) == (node.kind, node.label.lower())), None)
            if same is None:
                same = node
                same.time_ns = evidence.time_ns
                self._nodes.append(same)
                self._hang(same, own, node.edge, com=node.com)
            if number not in same.alerts:
                same.alerts.append(number)
            if same.kind == "registry":
                self._register(same, event)

    def _register(self, written: Node, event: Mapping[str, Any]) -> None:
        """A class whose registration was written stands below the key; what serves it now, below the class."""
        for name in _texts(event, "comtrap.com.clsid")[:2]:
            known = lookup(name)
            node = self._object(known.name if known is not None else f"class {clsid.canonical(name) or name}", known)
            self._hang(node, written, "registers", com=True)
            data = ", ".join(_texts(event, "registry.data.strings"))[:_LONGEST].replace("%%", "%")
            if data and all(c.label.lower() != data.lower() for c in node.children):
                server = Node("library", data)
                self._nodes.append(server)
                self._hang(server, node, "now served by", com=True)


_SCRIPTS = (
    "comtrap.powershell.script_block_text",
    "powershell.file.script_block_text",
    "winlog.event_data.Payload",
    "process.Ext.api.parameters.buffer",
)


def _acts(event: Mapping[str, Any]) -> Iterator[Node]:
    """What an event tells that its process did."""
    if path := _text(event, "registry.path"):
        yield Node("registry", path, "wrote", ", ".join(_texts(event, "registry.data.strings"))[:_LONGEST])
    if path := _text(event, "dll.path") or _text(event, "dll.name"):
        of = servers(_base(path))
        yield Node("library", path, "loaded", f"serves {of[0].name}" if len(of) == 1 else "", com=bool(of))
    if text := next((t for name in _SCRIPTS for t in _texts(event, name)), ""):
        yield Node("script", text[:_LONGEST], "ran")
    if task := _text(event, "winlog.event_data.TaskName"):
        yield Node("task", task, "registered")
    if "file" in _texts(event, "event.category") and (path := _text(event, "file.path")):
        yield Node("file", path, "wrote")
    address = _text(event, "destination.ip") or _text(event, "destination.domain")
    if address and "network" in _texts(event, "event.category"):
        port = documents.get(event, "destination.port")
        yield Node("address", f"{address}:{port}" if port is not None else address, "connected to")


def _is_same(node: Node, name: str, time_ns: int) -> bool:
    """Whether a process of the same number is the same: of the same name where both have one, and near in time."""
    near = node.time_ns is None or abs(node.time_ns - time_ns) <= NEAR_NS
    other = "" if node.label == "a process" else _base(node.label)
    return near and (not name or not other or name.lower() == other.lower())


def _bare(text: str) -> str:
    """A command or script without what quoting changes."""
    return " ".join(text.replace('"', "").replace("'", "").replace("\\", "").split()).lower()


def _base(path: str) -> str:
    found = _NAME.search(path)
    return found.group() if found is not None else path


def _text(event: Mapping[str, Any], name: str) -> str:
    value = documents.get(event, name)
    if type(value) is str:
        return value[:_LONGEST]
    return next(iter(_texts(event, name)), "") if value is not None else ""


def _texts(event: Mapping[str, Any], name: str) -> list[str]:
    value = documents.get(event, name)
    if value is None:
        return []
    values: Iterable[Any] = value if isinstance(value, list) else (value,)
    return [v[:_LONGEST] for v in values if isinstance(v, str) and v]
