"""Splunk: one search a rule and event source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "Splunk searches, one file a rule and event source"


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as searches over Windows events as Splunk's add-ons read them.

    Raises:
        PluginError: pySigma or its Splunk backend is not installed.
    """
    return convert(rules, Platform("splunk", ".spl", ("```", " ```"), _backend, _finish))


def _finish(rule: Rule, kind: Kind, query: str) -> str:
    """A search that begins with everything, as those with regular expressions do, begins with the right events."""
    del rule
    begins, bar, rest = query.partition("\n|")
    if begins not in {"", "*"}:
        return query
    events = " ".join(
        f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}" for name, value in kind.where.items()
    )
    return f"{events}{bar}{rest}"


def _backend() -> Any:
    base: Any = library("sigma.backends.splunk").SplunkBackend

    class Explicit(base):  # type: ignore[misc]
        """With parentheses, as in Splunk `or` binds tighter than `and`."""

        parenthesize = True

    return Explicit()
