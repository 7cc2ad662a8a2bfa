"""The hunts of the packs whose rules fired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.rules.hunts import read_hunts
from comtrap.sinks.html.markdown import rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from comtrap.alerts.alert import Alert


@dataclass(frozen=True, slots=True)
class HuntView:
    """A hunt, ready to be shown."""

    anchor: str
    title: str
    look_for: Markup
    query: str
    behaviours: tuple[str, ...]


def hunts_of(alerts: Sequence[Alert]) -> list[HuntView]:
    """The hunts that go on where the alerts' rules end, in the order of their files."""
    folders = dict.fromkeys(a.rule.path.parent.parent for a in alerts)
    behaviours = {a.rule.behaviour for a in alerts}
    found = [hunt for folder in folders for hunt in read_hunts(folder) if behaviours & set(hunt.behaviours)]
    return [
        HuntView(f"q{n}", hunt.title, rendered(hunt.look_for), hunt.query, hunt.behaviours)
        for n, hunt in enumerate(found)
    ]
