"""What is known of an object, as lines for people and as a table for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comtrap.com.catalogue import ComObject

_KINDS = {"class": "class id", "application": "application id", "type library": "type library id", "ProgID": "ProgID"}
USES = {
    "elevation": "abused to elevate",
    "execution": "abused to run code",
    "download": "abused to fetch",
    "evasion": "abused to evade",
    "hijack": "abused by redirecting it",
    "token": "abused for its token",
    "context": "ordinary, but worth knowing",
    "ordinary": "known to be ordinary",
}


def page(known: ComObject) -> str:
    """All that is known, a fact a line."""
    facts = [
        ("id", f"{known.id} ({', '.join(_KINDS[k] for k in known.kind)})" if known.id is not None else ""),
        ("AppID", known.appid or ""),
        ("ProgID", ", ".join(known.progids)),
        ("interface", ", ".join(known.interfaces)),
        ("server", known.server),
        ("use", USES[known.use] + (", elevates without a prompt" if known.elevated else "")),
        ("about", known.about),
        ("benign", known.benign),
        *(("seen with", f"{a.name}: {a.use} ({a.reference})") for a in known.actors),
        *(("see", reference) for reference in known.references),
        *(("written in", f"{s.where}: {s.quote}") for s in known.sources),
    ]
    told = [(name, value) for name, value in facts if value]
    width = max(len(name) for name, _ in told)
    return "\n".join([known.name, *(f"  {name:<{width}}  {value}" for name, value in told)]) + "\n"


def table(known: ComObject) -> dict[str, Any]:
    """The same as plain values; without its sources, which are for whoever checks the catalogue."""
    return {
        "id": known.id,
        "kind": list(known.kind),
        "name": known.name,
        "use": known.use,
        "elevated": known.elevated,
        "about": known.about,
        "benign": known.benign,
        "appid": known.appid,
        "progids": list(known.progids),
        "interfaces": list(known.interfaces),
        "server": known.server,
        "actors": [{"name": a.name, "use": a.use, "reference": a.reference} for a in known.actors],
        "references": list(known.references),
    }
