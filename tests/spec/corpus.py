"""Reads the corpus (`*.spec`): queries and what they must give.

    # about the file
    data values                      the data set of what follows: data/values.json
    ## a title                       one case
    e where k == "a"                 the query, over as many lines as it likes
    @ size=3 result_position=head    what goes with the request, if anything
    => 1 4                           the ids of the events, in order; `none` for no event

``<<65 (>>`` stands for 65 times what follows the number, ``<<d83d>>`` for half a character, which a file cannot hold.
``=> [1 2] [3 -]`` are sequences or samples, ``-`` a missing event; ``[1 2 | u1 null]`` shows the join keys too. ``=> error E201``
is the code of the error. ``eval length("a")`` with ``=> value 1`` is an expression on no document, the value as JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass
class Case:
    """One query and its answer, both as written."""

    title: str
    data: str
    text: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    expected: str = ""

    @property
    def kind(self) -> str:
        """What is expected: ``error``, ``value`` or ``rows``."""
        first = self.expected.split(" ", 1)[0]
        return first if first in {"error", "value"} else "rows"

    @property
    def shows_keys(self) -> bool:
        return "|" in self.expected


def read(path: Path) -> list[Case]:
    """The cases of a file."""
    cases: list[Case] = []
    data = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("## "):
            cases.append(Case(line[3:], data))
        elif line.startswith("# "):
            continue
        elif line.startswith("data "):
            data = line[5:]
            if cases and not cases[-1].expected:  # under the title of a case
                cases[-1].data = data
        elif line.startswith("@ "):
            cases[-1].request |= dict(map(_option, line[2:].split()))
        elif line.startswith("=> "):
            cases[-1].expected = line[3:].strip()
            cases[-1].text = _SHORT.sub(_long, cases[-1].text)
        elif cases and not cases[-1].expected:
            cases[-1].text += line + "\n"
        else:
            assert not line.strip(), f"{path.name}: {line}"
    return cases


_SHORT = re.compile("<<(?:(?P<half>d[0-9a-f]{3})|(?P<count>[0-9]+) (?P<text>.*?))>>")


def _long(found: re.Match[str]) -> str:
    return chr(int(found["half"], 16)) if found["half"] else found["text"] * int(found["count"])


def _option(written: str) -> tuple[str, Any]:
    name, value = written.split("=")
    return name, int(value) if value.lstrip("-").isdigit() else None if value == "none" else value


@dataclass(frozen=True)
class DataSet:
    """Indices by name, each (documents, flat mapping with the runtime fields), and what a request over them needs to say."""

    indices: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]]
    request: dict[str, Any]


def data_set(name: str) -> DataSet:
    """A data set of the folder ``data``."""
    read = json.loads((HERE / "data" / f"{name}.json").read_text("utf-8"))
    indices = {index: (about["documents"], _flat(about)) for index, about in read.pop("indices").items()}
    return DataSet(indices, read)


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    plain = {
        name: {**field, "fields": {n: f if isinstance(f, dict) else {"type": f} for n, f in field["fields"].items()}}
        if isinstance(field, dict) and "fields" in field
        else field
        for name, field in about["mapping"].items()
    }
    return {**plain, **{f"runtime {name}": field for name, field in about.get("runtime", {}).items()}}


def elastic_mapping(flat: dict[str, Any]) -> dict[str, Any]:
    """A flat mapping as Elasticsearch writes it."""
    root: dict[str, Any] = {"properties": {}, "runtime": {}}
    for name, about in flat.items():
        if name.startswith("runtime "):
            root["runtime"][name.removeprefix("runtime ")] = about
            continue
        at = root
        *path, leaf = name.split(".")
        for part in path:
            at = at["properties"].setdefault(part, {"properties": {}})
        at["properties"][leaf] = about if isinstance(about, dict) else {"type": about}
    return root


def drawn(rows: list[tuple[list[str | None], list[int | None]]], *, single: bool, keys: bool) -> str:
    """Answers (join keys, ids) as the corpus writes them."""
    if not rows:
        return "none"
    if single:
        return " ".join(str(ids[0]) for _, ids in rows)
    shown = []
    for key, ids in rows:
        row = " ".join("-" if found is None else str(found) for found in ids)
        shown.append(f"[{row} | {' '.join('null' if k is None else k for k in key)}]" if keys else f"[{row}]")
    return " ".join(shown)
