"""Which events show an attack: of simulations, of samples, of captures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from comtrap.proof.prove import plan_with
from comtrap.proof.run import fired
from comtrap.proof.samples import plan_of
from comtrap.proof.simulate import SENSORS, simulate
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.rules.samples import samples
from comtrap.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.proof.promises import Capture, Promises
    from comtrap.rules.rule import Rule


class Place(NamedTuple):
    """Where a record stands: its 0-based position in a file or archive member."""

    path: str
    member: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack in one file.

    Attributes:
        kind: ``attack`` (simulated), ``sample`` or ``capture``.
        name: of the attack, the rule, the file.
        source: the sensor or the event source; empty for a capture.
        path: the file.
        shown_by: the records of which any shows the attack to who finds it; none where nothing is known of it.
        wrong: why that is not known, None if it is.
    """

    kind: str
    name: str
    source: str
    path: str
    shown_by: frozenset[Place]
    wrong: str | None = None


def simulated(rules: Sequence[Rule], promises: Promises) -> Iterator[Attack]:
    """Every attack of which something is promised, as every sensor writes it.

    It is shown by the events that the promises expect of it and by those that the rules alert on. The file is gone
    when the next attack is asked for.

    Raises:
        RuleError: a rule or a signal is not true of the fields of telemetry.
    """
    plan = plan_with(rules, promises.signals)
    with TemporaryDirectory(prefix="comtrap-") as folder:
        path = Path(folder) / "events.ndjson"
        for name in (name for name in ATTACKS if any(promise.attack == name for promise in promises.promises)):
            for sensor in SENSORS:
                documents = simulate(ATTACKS[name], sensor)
                path.write_text("".join(json.dumps(document) + "\n" for document in documents), "utf-8")
                of_others = {len(rules) + n for n, signal in enumerate(promises.signals) if signal.attack != name}
                seen = {event for one in fired(plan, path) if one.query not in of_others for event in one.events}
                yield Attack("attack", name, sensor, str(path), _places(path, seen))


def sampled(rules: Iterable[Rule]) -> Iterator[Attack]:
    """The hits of every rule, source by source, as one attack each; those made for single clauses are no attacks.

    Raises:
        RuleError: a rule is not true of the fields of telemetry.
        SourceError: a sample cannot be read.
    """
    for rule in rules:
        for sample in (sample for sample in samples(rule) if sample.hit and not sample.part):
            events = {event for one in fired(plan_of(rule), sample.path) for event in one.events}
            yield Attack("sample", rule.path.stem, sample.source, str(sample.path), _places(sample.path, events))


def captured(rules: Sequence[Rule], capture: Capture) -> Attack:
    """One capture: shown by the events that it names, or by all that the rules alert on."""
    path = str(capture.path)
    if capture.events:
        places = frozenset(Place(path, capture.member, position) for position in capture.events)
        return Attack("capture", path, "", path, places)
    with_alerts = scan([path], rules)
    places = frozenset(
        Place(evidence.path, evidence.member, evidence.position)
        for alert in with_alerts.alerts
        for evidence in alert.evidence
        if evidence.position is not None
    )
    with_alerts.alerts.close()
    failed = next(iter(with_alerts.tally.problems.failed.values()), None)
    wrong = failed or (None if places else "no rule alerts, and no event is named")
    return Attack("capture", path, "", path, places, wrong)


def _places(path: Path, positions: Iterable[int]) -> frozenset[Place]:
    return frozenset(Place(str(path), None, position) for position in positions)
