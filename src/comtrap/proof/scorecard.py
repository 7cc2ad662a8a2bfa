"""What each rule has shown: the attacks it catches, the false alarms it raises, when it was last proved."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.normalise import document as documents
from comtrap.proof.prove import prove_attacks
from comtrap.proof.samples import check_samples
from comtrap.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.proof.promises import Promises
    from comtrap.rules.rule import Rule

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Score:
    """What one rule has shown.

    Attributes:
        rule: the rule.
        simulated: the simulated attacks it finds.
        captured: alerts in the attack captures.
        false_alarms: alerts in the benign inputs, by source.
        per_million: the same per million events of the source.
        wrong: what is wrong with it on its own samples.
        last_proved: the day on which it last kept all its promises, ISO 8601; empty if never.
    """

    rule: Rule
    simulated: tuple[str, ...]
    captured: int
    false_alarms: Mapping[str, int]
    per_million: Mapping[str, float]
    wrong: tuple[str, ...]
    last_proved: str = ""

    @property
    def verdict(self) -> str:
        """``broken``, ``noisy``, ``proven`` on more than its own samples, or ``samples only``."""
        if self.wrong:
            return "broken"
        if self.false_alarms:
            return "noisy"
        return "proven" if self.simulated or self.captured else "samples only"


def scorecard(
    rules: Sequence[Rule],
    promises: Promises,
    *,
    attacks: Sequence[str] = (),
    benign: Sequence[str] = (),
    proved: Mapping[str, str] | None = None,
    today: str = "",
) -> list[Score]:
    """A score a rule, in their order.

    Args:
        rules: what to look at.
        promises: the simulated attacks that are tried.
        attacks: inputs with attacks in them.
        benign: inputs in which every alert is a false alarm.
        proved: by rule id, the day on which it last kept its promises.
        today: the day that is noted for rules which keep them now.
    """
    simulated: dict[str, dict[str, None]] = defaultdict(dict)
    for check in prove_attacks(rules, promises):
        for slug in check.fired:
            simulated[slug][check.name] = None
    wrong: dict[str, list[str]] = defaultdict(list)
    for outcome in check_samples(rules):
        if outcome.wrong is not None:
            wrong[outcome.rule.path.stem].append(f"{outcome.source}: {outcome.wrong}")
    captured, _ = _alerts(rules, attacks)
    false, events = _alerts(rules, benign)
    before = proved or {}
    out = []
    for rule in rules:
        slug = rule.path.stem
        alarms = Counter(source for name, source in false.elements() if name == slug)
        rates = {source: count * MILLION / max(events[source], 1) for source, count in alarms.items()}
        caught = sum(count for (name, _), count in captured.items() if name == slug)
        kept = not wrong[slug] and bool(simulated[slug] or caught)
        last = today if kept and today else before.get(str(rule.id), "")
        out.append(Score(rule, tuple(simulated[slug]), caught, dict(alarms), rates, tuple(wrong[slug]), last))
    return out


def _alerts(rules: Sequence[Rule], paths: Iterable[str]) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How many alerts by rule and source, and how many events by source."""
    paths = list(paths)
    if not paths:
        return Counter(), Counter()
    result = scan(paths, rules)
    found = Counter((alert.rule.path.stem, _source(alert)) for alert in result.alerts)
    result.alerts.close()
    return found, result.tally.sources


def _source(alert: Alert) -> str:
    return str(documents.get(dict(alert.evidence[0].event), "comtrap.source") or "other")
