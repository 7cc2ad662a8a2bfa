"""How platforms want values written, where their pySigma backend would say something else than Sigma means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.export.library import library
from comtrap.export.target import NoFormError
from comtrap.export.unseen import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.sigma_rule.leaf import Item

_TOKEN = re.compile(r"\\([\\*?])|(.)", re.DOTALL)
_UNSAYABLE = re.compile(r"\\[\\*?]|[`\n\r]")
_BACK_QUOTE = re.compile(r"\\.|`", re.DOTALL)
_MARK = "¦"  # between the values of a field; no value of Windows has it
_META = frozenset(r"\.^$|?*+()[]{}")


def styled(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """An item as a platform wants it, and what that cannot tell apart, if anything.

    Raises:
        NoFormError: the platform has no form for it.
    """
    style = _STYLES.get(kind.style)
    return (item, None) if style is None else style(item, kind)


def _splunk(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """Splunk knows no wildcard for one character, and no escape for one; a back-quote would name a macro."""
    del kind
    if _is_regex(item):
        return item._replace(values=tuple(_hidden(escaped(str(v))) for v in item.values)), None
    if not any(isinstance(v, str) for v in item.values):
        return item, None
    single = any(isinstance(v, str) and _has(v, "?") for v in item.values)
    found = tuple(_UNSAYABLE.sub(_any, v) if isinstance(v, str) else v for v in item.values)
    values = tuple(dict.fromkeys(re.sub(r"(?<!\\)\*{2,}", "*", v) if isinstance(v, str) else v for v in found))
    if found != item.values:
        return item._replace(
            values=values
        ), "Splunk cannot say a line break, a back-quote or `*` itself: `*` stands for it"
    return item, "Splunk has no wildcard for one character: `*` stands for it" if single else None


def _any(found: re.Match[str]) -> str:
    return "*" if found[0] in {"\\*", "`", "\n", "\r"} else found[0]


def _hidden(pattern: str) -> str:
    """A regular expression without back-quotes."""
    return _BACK_QUOTE.sub(lambda found: r"\x60" if found[0].endswith("`") else found[0], pattern)


def _kusto(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """Wildcards in the middle, which the backend would look for in any order, become a regular expression."""
    del kind
    item = _spread(item)
    if not item.modifiers and None in item.values:  # no text is null there: what is missing is empty
        item = item._replace(values=tuple(dict.fromkeys(v or "" for v in item.values)))
    wild = any(isinstance(v, str) and (_has(v, "*") or _has(v, "?")) for v in item.values)
    if _is_regex(item) or (_is_text(item) and (wild or "cased" in item.modifiers)):
        return _as_regex(item, inline=True), None
    return item, None


def _secops(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """All texts become one regular expression: the backend leaves out anchors and escapes, and negates lists wrongly."""
    del kind
    item = _spread(item)
    if not (_is_regex(item) or _is_text(item)):
        return item, None
    loose = (
        "case is not regarded" if "cased" in item.modifiers or (_is_regex(item) and "i" not in item.modifiers) else None
    )
    return _as_regex(item, inline=False), loose


def _falcon(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """Falcon writes paths with the device in place of the drive; a wildcard of the backend takes in no line breaks."""
    del kind
    if not _is_text(item):
        return item, None
    if item.field == "ImageFileName":
        device = "\\Device\\HarddiskVolume*\\"
        values = tuple(
            device + v[3:] if isinstance(v, str) and re.match(r"[?A-Za-z]:\\", v) else v for v in item.values
        )
        item = item._replace(values=values)
    wild = any(_has(v, "*") or _has(v, "?") for v in item.values if isinstance(v, str))
    if wild or "cased" in item.modifiers:
        folding = ("i",) if "cased" not in item.modifiers else ()
        made = _as_regex(item, inline=False)
        return made._replace(
            modifiers=("re", *folding, "s"), values=tuple(str(v).removeprefix("(?s)") for v in made.values)
        ), None
    return item, None


def _esql(item: Item, kind: Kind) -> tuple[Item, str | None]:
    """ES|QL regards case. Several values are put together, as a comparison with more than one is null.

    Each of several is looked for between marks.
    """
    if not (_is_regex(item) or _is_text(item)):
        return item, None
    many = item.field in kind.columns
    inner = f'mv_concat({item.field}, "{_MARK}")' if many else item.field
    fold = "cased" not in item.modifiers and (not _is_regex(item) or "i" in item.modifiers)
    field = f"to_lower({inner})" if fold else inner
    if _is_regex(item):
        searched = tuple(_lucene(str(v), fold=fold) for v in item.values)
        return item._replace(field=field, modifiers=("re",), values=searched), None
    values = tuple(str(v).lower() if fold else str(v) for v in item.values)
    modifiers = tuple(m for m in item.modifiers if m != "cased")
    if many:
        field = f'concat("{_MARK}", {field}, "{_MARK}")'
        opening = "" if {"contains", "endswith"} & {*modifiers} else _MARK
        closing = "" if {"contains", "startswith"} & {*modifiers} else _MARK
        values, modifiers = tuple(opening + v + closing for v in values), ("contains",)
    return item._replace(field=field, modifiers=modifiers, values=tuple(dict.fromkeys(values))), None


_STYLES: Mapping[str, Callable[[Item, Kind], tuple[Item, str | None]]] = {
    "splunk": _splunk,
    "kusto": _kusto,
    "secops": _secops,
    "falcon": _falcon,
    "esql": _esql,
}


def _is_regex(item: Item) -> bool:
    return "re" in item.modifiers


def _is_text(item: Item) -> bool:
    """Whether an item compares texts: no number, address, field or presence."""
    plain = {*item.modifiers} <= {"contains", "startswith", "endswith", "cased"}
    return (
        plain and any(isinstance(v, str) for v in item.values) and all(isinstance(v, str | None) for v in item.values)
    )


def _spread(item: Item) -> Item:
    """Address ranges as the patterns of the addresses in them: backends negate them wrongly, or know IPv4 alone."""
    if "cidr" not in item.modifiers:
        return item
    ranges = library("sigma.types").SigmaCIDRExpression
    return item._replace(modifiers=(), values=tuple(p for v in item.values for p in ranges(str(v)).expand("*")))


def _tokens(value: str) -> list[tuple[str, bool]]:
    """The characters of a value as Sigma reads them, and whether each is a wildcard."""
    return [(m[1], False) if m[1] else (m[2], m[2] in "*?") for m in _TOKEN.finditer(value)]


def _has(value: str, wildcard: str) -> bool:
    return (wildcard, True) in _tokens(value)


def _as_regex(item: Item, *, inline: bool) -> Item:
    """An item as one regular expression that is searched for; flags stand in it, or are the backend's affair."""
    if _is_regex(item):
        alternatives = [str(v) for v in item.values]
        fold = "i" in item.modifiers
    else:
        ends = {"contains": ("", ""), "startswith": ("^", ""), "endswith": ("", "$")}
        opening, closing = next((ends[m] for m in item.modifiers if m in ends), ("^", "$"))
        alternatives = [
            _searched(v or "", opening, closing)
            for v in dict.fromkeys(v or "" for v in item.values)
            if isinstance(v, str)
        ]
        fold = "cased" not in item.modifiers
    joined = alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"
    # A wildcard takes in line breaks.
    flags = f"(?{'i' * fold}s)" if inline else "(?s)" if re.search(r"(?<!\\)(?:\\\\)*\.", joined) else ""
    return item._replace(modifiers=("re",), values=(flags + joined,))


def _literal(char: str) -> str:
    return "\\" + char if char in _META else escaped(char)


def _searched(value: str, opening: str, closing: str) -> str:
    """A wildcard pattern as a regular expression; what it may begin or end with goes without saying."""
    tokens = _tokens(value)
    if tokens[:1] == [("*", True)] and opening:
        tokens, opening = tokens[1:], ""
    if tokens[-1:] == [("*", True)] and closing:
        tokens, closing = tokens[:-1], ""
    body = "".join({"*": ".*", "?": "."}[c] if wild else _literal(c) for c, wild in tokens)
    return opening + body + closing


def _lucene(pattern: str, *, fold: bool) -> str:
    """A search as Lucene writes it, where a pattern fits the whole value."""
    body = pattern[1:] if pattern.startswith("^") else f".*{pattern}"
    body = body[:-1] if body.endswith("$") and not body.endswith("\\$") else f"{body}.*"
    if not fold:
        return body
    if re.search(r"\\[A-Z]", body):
        raise NoFormError("a regular expression cannot be put in lower case")
    return body.lower()
