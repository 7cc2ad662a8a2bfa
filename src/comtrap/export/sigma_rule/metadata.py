"""What a Sigma rule says of itself."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from comtrap.rules.attack import VERSIONS, in_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.rules.rule import Rule

# Sigma: "test" is a rule that is mostly stable and has been tried; ours have hits and near misses that are run.
STATUS = "test"
LONGEST_TITLE = 256


def sigma_id(rule: Rule, part: str = "") -> str:
    """The id of a Sigma rule made from one of ours: always the same, never ours, and of the form Sigma asks for."""
    made = hashlib.sha256(f"sigma/{rule.id}/{part}".encode()).digest()[:16]
    return str(UUID(bytes=made, version=4))


def heading(rule: Rule, part: str = "", suffix: str = "") -> dict[str, Any]:
    """Title, id, where it comes from, and status."""
    title = rule.name + suffix
    return {
        "title": title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…",
        "id": sigma_id(rule, part),
        "related": [{"id": str(rule.id), "type": "derived"}],
        "status": STATUS,
    }


def about(rule: Rule) -> dict[str, Any]:
    """Description, references, author and tags; what is not known is not there."""
    # Sigma's tools hold tags to the ATT&CK of the day.
    newest = [in_version(one, VERSIONS[-1]) for one in rule.techniques]
    tactics = [f"attack.{t.tactic_name.lower().replace(' ', '-')}" for t in newest]
    techniques = [f"attack.{t.id.lower()}" for t in newest]
    said = {
        "description": " ".join(rule.description.split()),
        # ATT&CK's own pages are what the tags say.
        "references": [
            link for link in dict.fromkeys(rule.references) if "://attack.mitre.org/techniques/" not in link
        ],
        "author": ", ".join(rule.author),
        "tags": list(dict.fromkeys([*tactics, *techniques])),
    }
    return {name: value for name, value in said.items() if value}


def closing(rule: Rule) -> dict[str, Any]:
    """False alarms and level."""
    said: dict[str, Any] = {"falsepositives": list(rule.false_positives), "level": rule.severity.word}
    return {name: value for name, value in said.items() if value}


def logsource(kind: Kind, rule: Rule) -> Mapping[str, str]:
    """Where the events come from, and what has to be logged, in the rule's own words."""
    needed = " ".join(re.sub(r"[*`]", "", rule.setup).split())
    return {"product": "windows", **kind.logsource, **({"definition": needed} if needed else {})}
