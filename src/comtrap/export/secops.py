"""Google SecOps: one UDM search a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library
from comtrap.export.unseen import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "Google SecOps searches (UDM), one file a rule"


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as searches over the unified data model.

    Raises:
        PluginError: pySigma or its SecOps backend is not installed.
    """
    return convert(rules, Platform("secops", ".udm", ("//", ""), _backend))


def _backend() -> Any:
    base: Any = library("sigma.backends.secops").SecOpsBackend

    class Escaping(base):  # type: ignore[misc]
        """Between slashes only a slash has to be escaped; a backslash there is the expression's own."""

        re_escape = ("/",)
        re_escape_escape_char = False

        def convert_value_re(self, r: Any, state: Any) -> Any:
            return escaped(str(super().convert_value_re(r, state)))

    return Escaping()
