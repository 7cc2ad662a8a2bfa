"""Elasticsearch's ES|QL: one query a rule, over the rule's own indices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library
from comtrap.export.target import NoFormError
from comtrap.export.unseen import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "Elasticsearch ES|QL queries, one file a rule"

_EVERYWHERE = "from * metadata"
_INDEX = re.compile(r"[\w.*:@+-]+")


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as queries over documents as Elastic's integrations write them.

    Raises:
        PluginError: pySigma or its Elasticsearch backend is not installed.
    """
    return convert(rules, Platform("esql", ".esql", ("//", ""), _backend, _finish))


def _finish(rule: Rule, kind: Kind, query: str) -> str:
    del kind
    assert query.startswith(_EVERYWHERE)
    for pattern in rule.index:
        if _INDEX.fullmatch(pattern) is None:
            raise NoFormError(f"no index can be called {pattern!r}")
    return f"from {','.join(rule.index)} metadata{query.removeprefix(_EVERYWHERE)}".replace(
        " | where ", "\n| where ", 1
    )


def _backend() -> Any:
    base: Any = library("sigma.backends.elasticsearch").ESQLBackend

    class Folding(base):  # type: ignore[misc]
        """Fields may be expressions; a backslash in a pattern is escaped for the pattern, then for the text."""

        parenthesize = True
        # What is missing makes a comparison null, and `not` would keep that.
        eq_expression = "coalesce({field}{backend.eq_token}{value}, false)"
        startswith_expression = "coalesce(starts_with({field}, {value}), false)"
        endswith_expression = "coalesce(ends_with({field}, {value}), false)"
        wildcard_match_expression = "coalesce({field} like {value}, false)"
        re_expression = 'coalesce({field} rlike "{regex}", false)'
        field_in_list_expression = "coalesce({field} {op} ({list}), false)"
        cidr_expression = 'coalesce(cidr_match({field}, "{value}"), false)'
        compare_op_expression = "coalesce({field}{operator}{value}, false)"
        field_quote_pattern = re.compile(r"^(?:[\w.]+|(?:to_lower|mv_concat|concat)\(.*\))$")

        def convert_value_str(self, s: Any, state: Any, *quoting: bool) -> str:
            text = escaped(super().convert_value_str(s, state, *quoting))
            if not s.contains_special():
                return re.sub(r"\\([*?])", r"\1", text)
            return re.sub(r"\\([\\*?])", lambda m: "\\\\\\\\" if m[1] == "\\" else f"\\\\{m[1]}", text)

        def convert_value_re(self, r: Any, state: Any) -> Any:
            return escaped(str(super().convert_value_re(r, state)))

    return Folding()
