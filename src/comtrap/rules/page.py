"""A rule as a page for people, and as a table for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.rules.rule import Rule


def page(rule: Rule) -> str:
    """All that a rule says, as Markdown."""
    techniques = [f"{t.id} {t.name} ({t.tactic_name})" for t in rule.techniques]
    head = [
        ("file", rule.path.name),
        ("id", str(rule.id)),
        ("severity", f"{rule.severity.word}, risk {rule.risk_score}"),
        ("behaviour", rule.behaviour),
        ("sources", ", ".join(rule.sources)),
        ("index", ", ".join(rule.index)),
        ("ATT&CK", "; ".join(techniques)),
    ]
    width = max(len(name) for name, _ in head)
    parts = [
        f"# {rule.name}",
        "\n".join(f"{name:<{width}}  {value}" for name, value in head),
        rule.description,
        _part("Why this risk", rule.risk_reason),
        _part("Seen with", _bullets(f"{a.name}: {a.use} ({a.reference})" for a in rule.actors)),
        _part("False positives", _bullets(rule.false_positives)),
        _part("Logging it needs", rule.setup),
        _part("Query", rule.text),
        rule.note,
        rule.response,
        _part("References", _bullets(rule.references)),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def table(rule: Rule) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "rule": rule.path.stem,
        "id": str(rule.id),
        "name": rule.name,
        "description": rule.description,
        "severity": rule.severity.word,
        "risk_score": rule.risk_score,
        "risk_reason": rule.risk_reason,
        "behaviour": rule.behaviour,
        "sources": list(rule.sources),
        "index": list(rule.index),
        "techniques": [{"id": t.id, "name": t.name, "tactic": t.tactic} for t in rule.techniques],
        "actors": [{"name": a.name, "use": a.use, "reference": a.reference} for a in rule.actors],
        "false_positives": list(rule.false_positives),
        "setup": rule.setup,
        "note": rule.note,
        "response": rule.response,
        "references": list(rule.references),
        "query": rule.text,
        "path": str(rule.path),
    }


def _part(title: str, text: str) -> str:
    return f"## {title}\n\n{text.strip()}" if text else ""


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)
