"""What a space of Kibana has of the rules and exceptions that concern us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from comtrap.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from comtrap.deploy.kibana import Kibana

RULES, LISTS, ITEMS = "/api/detection_engine/rules", "/api/exception_lists", "/api/exception_lists/items"
CHUNK = 50  # rules a request: what Kibana itself works off at once
_PAGE = 100
_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a space is to have: JSON objects of an import file.

    Attributes:
        rules: each with its ``rule_id`` and its references to exception lists.
        lists: exception lists.
        items: their items, each with its ``list_id``.
        mark: the tag by which all of these are known as ours.
    """

    rules: tuple[Mapping[str, Any], ...]
    lists: tuple[Mapping[str, Any], ...]
    items: tuple[Mapping[str, Any], ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Space:
    """What there is.

    Attributes:
        rules: by ``rule_id``; more than one only where a space holds a rule twice.
        lists: by ``list_id``.
        items: by ``list_id``, in the order of the answers.
    """

    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def ours(self, wanted: Wanted) -> frozenset[str]:
        """Ids of the exception lists that are ours: wanted ones, and those that have our mark."""
        marked = (name for name, one in self.lists.items() if wanted.mark in texts(one.get("tags")))
        return frozenset([*(one["list_id"] for one in wanted.lists), *marked])


def read_space(kibana: Kibana, wanted: Wanted) -> Space:
    """The wanted rules and lists, as far as they are there, and all that has our mark.

    Raises:
        DeployError: it was refused, or an answer is not what Kibana answers.
    """
    space = Space()
    tag = f'alert.attributes.tags:"{wanted.mark}"'
    names = [one["rule_id"] for one in wanted.rules]
    named = (f"alert.attributes.params.ruleId:({' or '.join(map(_quoted, part))})" for part in chunks(names, CHUNK))
    seen: set[str] = set()
    for found in (one for query in (*named, tag) for one in _pages(kibana, f"{RULES}/_find", {"filter": query})):
        if text(found, "id") not in seen:
            seen.add(text(found, "id"))
            space.rules.setdefault(text(found, "rule_id"), []).append(found)
    for one in _lists(kibana, wanted):
        name = text(one, "list_id")
        space.lists[name] = one
        space.items[name] = list(read_items(kibana, name))
    return space


def read_items(kibana: Kibana, list_id: str, namespace: str = "single") -> Iterator[dict[str, Any]]:
    """The items of an exception list.

    Raises:
        DeployError: it was refused, or an answer is not what Kibana answers.
    """
    for one in _pages(kibana, f"{ITEMS}/_find", {"list_id": list_id, "namespace_type": namespace}):
        text(one, "item_id")
        yield one


def every_rule(kibana: Kibana) -> Iterator[dict[str, Any]]:
    """All rules of the space, whoever's they are.

    Raises:
        DeployError: it was refused, or an answer is not what Kibana answers.
    """
    return _pages(kibana, f"{RULES}/_find", {})


def chunks(names: list[str], size: int) -> list[list[str]]:
    """A list in parts of at most `size`."""
    return [names[at : at + size] for at in range(0, len(names), size)]


def text(answer: Mapping[str, Any], name: str) -> str:
    """A text of an answer.

    Raises:
        DeployError: it is none.
    """
    found = answer.get(name)
    if not isinstance(found, str):
        raise DeployError(f"an answer of Kibana has no `{name}`", 200, "")
    return found


def texts(value: Any) -> list[str]:
    """The texts of a value that should be a list of them."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def tables(value: Any) -> list[dict[str, Any]]:
    """The tables of a value that should be a list of them."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _lists(kibana: Kibana, wanted: Wanted) -> Iterator[dict[str, Any]]:
    query = f'exception-list.attributes.tags:"{wanted.mark}"'
    marked = {text(one, "list_id"): one for one in _pages(kibana, f"{LISTS}/_find", {"filter": query} | _SINGLE)}
    yield from marked.values()
    for name in (one["list_id"] for one in wanted.lists):
        if name not in marked and (found := kibana.get(LISTS, list_id=name, **_SINGLE)) is not None:
            yield found


_SINGLE = {"namespace_type": "single"}


def _pages(kibana: Kibana, path: str, asked: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """All objects of an answer that comes in pages, none twice."""
    seen: set[str] = set()
    for page in range(1, _PAGES + 1):
        answer = kibana.read(path, **asked, page=page, per_page=_PAGE, sort_field="created_at", sort_order="asc")
        found = tables(answer.get("data")) if isinstance(answer, dict) else []
        total = answer.get("total") if isinstance(answer, dict) else None
        if not isinstance(total, int):
            raise DeployError(f"{path}: the answer is not a page of objects", 200, str(answer)[:2_000])
        yield from (one for one in found if text(one, "id") not in seen)
        seen.update(text(one, "id") for one in found)
        if not found or len(seen) >= total:
            return


def _quoted(name: str) -> str:
    return f'"{name}"'


def references(rules: Iterable[Mapping[str, Any]]) -> set[str]:
    """Ids of the exception lists that some rule refers to."""
    return {str(one.get("list_id")) for rule in rules for one in tables(rule.get("exceptions_list"))}
