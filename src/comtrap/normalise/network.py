"""Connections and name look-ups, as Sysmon writes them."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from comtrap.normalise.values import Constant, Each, First, Objects, Part, Text, Union, each, text

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

LIMIT = 256  # answers read of one event

_NAMES = tomllib.loads(files(__package__).joinpath("data/dns.toml").read_text("utf-8"))
_TYPED = re.compile(r"type:\s*(\d+)\s*(.*)")


def results(written: str) -> dict[str, Any]:
    """``answers`` (typed ones first, then addresses), ``addresses`` and ``names`` of QueryResults."""
    typed: list[dict[str, str]] = []
    addressed: list[dict[str, str]] = []
    for item in written.split(";")[:LIMIT]:
        found = _TYPED.fullmatch(item.strip())
        if found is not None:
            kind = _NAMES["type"].get(found[1], found[1])
            typed.append({"type": kind, "data": found[2]} if found[2] else {"type": kind})
        elif address := _address(item.strip()):
            addressed.append({"type": "AAAA" if ":" in address else "A", "data": address})
    return {
        "answers": [*typed, *addressed] or None,
        "addresses": [a["data"] for a in addressed],
        "names": [a["data"] for a in typed if "data" in a],
    }


def _answers(found: dict[str, Any]) -> Any:
    return found["answers"]


def _address(item: str) -> str | None:
    bare = item.removeprefix("::ffff:")
    try:
        ip_address(bare)
    except ValueError:
        return None
    return bare


def _status(code: str) -> str:
    return _NAMES["status"].get(code, code)


def _direction(initiated: str) -> str | None:
    return {"true": "egress", "false": "ingress"}.get(initiated.lower())


def _version(is_v6: str) -> str | None:
    return {"true": "ipv6", "false": "ipv4"}.get(is_v6.lower())


RESULTS = each(results, "QueryResults")

DNS: dict[str, Expr] = {
    "dns.question.name": text("QueryName"),
    "dns.answers": Objects(Each(_answers, (RESULTS,)), ("type", "data")),
    "dns.resolved_ip": Part(RESULTS, "addresses"),
    "sysmon.dns.status": each(_status, "QueryStatus"),
    "network.protocol": Constant("dns"),
    "related.hosts": Union((Part(RESULTS, "names"), text("QueryName"))),
    "related.ip": Union((Part(RESULTS, "addresses"),)),
}

CONNECTION: dict[str, Expr] = {
    "network.transport": text("Protocol"),
    "network.protocol": First((text("SourcePortName"), text("DestinationPortName"))),
    "network.direction": each(_direction, "Initiated"),
    "network.type": each(_version, "SourceIsIpv6"),
    "source.ip": text("SourceIp"),
    "source.port": text("SourcePort"),
    "source.domain": text("SourceHostname"),
    "destination.ip": text("DestinationIp"),
    "destination.port": text("DestinationPort"),
    "destination.domain": text("DestinationHostname"),
    "related.ip": Union((Text("source.ip"), Text("destination.ip"))),
}
