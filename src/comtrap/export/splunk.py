"""Splunk: one search a rule and event source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library
from comtrap.export.sigma_rule.sequence import keys_of
from comtrap.export.target import NoFormError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.export.convert import Stage
    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "Splunk searches, one file a rule and event source"


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as searches over Windows events as Splunk's add-ons read them.

    Raises:
        PluginError: pySigma or its Splunk backend is not installed.
    """
    return convert(rules, Platform("splunk", ".spl", ("```", " ```"), _backend, _finish, sequence=_sequence))


def _finish(rule: Rule, kind: Kind, query: str) -> str:
    del rule
    return _events(kind, query)


def _events(kind: Kind, query: str) -> str:
    """A search that begins with nothing, as those with regular expressions do, begins with the right events."""
    begins, bar, rest = query.partition("\n|")
    if begins not in {"", "*"}:
        return query
    events = " ".join(
        f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}" for name, value in kind.where.items()
    )
    return f"{events}{bar}{rest}"


def _sequence(stages: Sequence[Stage], correlations: Sequence[Mapping[str, Any]]) -> str:
    """The searches of the stages side by side, then each last event with the latest first one of its keys before it.

    Raises:
        NoFormError: it has more than two stages.
    """
    ways = [document["correlation"] for document in correlations]
    searches = []
    for name, kind, query in stages:
        way = next(one for one in ways if name in one["rules"])
        if len(way["rules"]) > 2:
            raise NoFormError("a search in Splunk's words follows two events, no more")
        keys = [f"Key{number}={key}" for number, key in enumerate(keys_of(way, name), 1)]
        given = ", ".join([f"Stage={way['rules'].index(name) + 1}", *keys])
        searches.append(f"  [search {_events(kind, query).replace(chr(10), ' ')} | eval {given}]")
    numbered = [f"Key{number}" for number in range(1, len(ways[0]["group-by"]) + 1)]
    return "\n".join(
        [
            "| multisearch",
            *searches,
            f"| where {' AND '.join(f'isnotnull({key})' for key in numbered)}",
            "| sort 0 _time, Stage",
            "| eval Time1=if(Stage=1, _time, null())",
            f"| streamstats last(Time1) as Started by {', '.join(numbered)}",
            f"| where Stage=2 AND _time-Started<={_seconds(ways[0]['timespan'])}",
        ]
    )


def _seconds(span: str) -> int:
    return int(span[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[span[-1]]


def _backend() -> Any:
    base: Any = library("sigma.backends.splunk").SplunkBackend

    class Explicit(base):  # type: ignore[misc]
        """With parentheses, as in Splunk `or` binds tighter than `and`."""

        parenthesize = True

    return Explicit()
