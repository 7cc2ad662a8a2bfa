"""CrowdStrike Falcon: one LogScale query a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library
from comtrap.export.unseen import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "CrowdStrike Falcon queries (LogScale), one file a rule"


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as queries over Falcon's process events.

    Raises:
        PluginError: pySigma or its CrowdStrike backend is not installed.
    """
    return convert(rules, Platform("crowdstrike", ".cql", ("//", ""), _backend))


def _backend() -> Any:
    base: Any = library("sigma.backends.crowdstrike").LogScaleBackend

    class Explicit(base):  # type: ignore[misc]
        """With parentheses, as precedence is not what a reader would think; a slash would end an expression."""

        parenthesize = True
        re_escape = ("/",)

        def convert_value_str_re(self, s: Any, state: Any) -> str:
            return escaped(super().convert_value_str_re(s, state))

        def convert_value_re(self, r: Any, state: Any) -> Any:
            return escaped(str(super().convert_value_re(r, state)))

    return Explicit()
