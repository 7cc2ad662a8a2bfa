"""Whether the rules do what a pack promises: on simulated attacks, on samples, on captures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from comtrap.check.check import check
from comtrap.plan.build import build, query_plan
from comtrap.plan.optimise import optimise
from comtrap.proof.promises import FILE, Promises, read_promises
from comtrap.proof.run import fired
from comtrap.proof.samples import check_samples
from comtrap.proof.simulate import SENSORS, simulate
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.rules.compile import compile_rules
from comtrap.scan import scan
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.plan.plan import Plan
    from comtrap.proof.promises import Capture, Promise, Signal
    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried.

    Attributes:
        kind: ``attack``, ``sample`` or ``capture``.
        name: of the attack, the rule, the file.
        source: the sensor or the event source.
        present: the expected events that were there, for people.
        missing: those that were not.
        fired: the rules that alerted, by file name.
        silent: those that should have and did not.
        wrong: what else is wrong, None if nothing.
        reason: why nothing is expected to alert.
    """

    kind: str
    name: str
    source: str = ""
    present: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    wrong: str | None = None
    reason: str = ""

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not self.missing and not self.silent and self.wrong is None


def promises_of(pack: Path) -> Promises:
    """What a pack promises; nothing where it has no such file.

    Raises:
        RuleError: the file is wrong.
    """
    path = pack / FILE
    return read_promises(path) if path.is_file() else Promises()


def prove(rules: Sequence[Rule], promises: Promises) -> Iterator[Check]:
    """Every attack as every sensor writes it, every sample of every rule, every capture of the promises.

    Raises:
        RuleError: a rule or a signal is not true of the fields of telemetry.
    """
    yield from prove_attacks(rules, promises)
    for outcome in check_samples(rules):
        kind = "hit" if outcome.hit else "near miss"
        yield Check("sample", outcome.rule.path.stem, f"{outcome.source}, {kind}", wrong=outcome.wrong)
    for capture in promises.captures:
        yield prove_capture(rules, capture)


def prove_attacks(rules: Sequence[Rule], promises: Promises) -> Iterator[Check]:
    """Every attack of which something is promised, as every sensor writes it.

    Raises:
        RuleError: a rule or a signal is not true of the fields of telemetry.
    """
    plan = plan_with(rules, promises.signals)
    promised = {(promise.attack, promise.sensor): promise for promise in promises.promises}
    with TemporaryDirectory(prefix="comtrap-") as folder:
        for attack in (name for name in ATTACKS if any(name == key[0] for key in promised)):
            for sensor in SENSORS:
                path = Path(folder) / "events.ndjson"
                documents = simulate(ATTACKS[attack], sensor)
                path.write_text("".join(json.dumps(document) + "\n" for document in documents), "utf-8")
                found = {one.query for one in fired(plan, path)}
                yield _attacked((attack, sensor), promised.get((attack, sensor)), found, rules, promises.signals)


def prove_capture(rules: Sequence[Rule], capture: Capture) -> Check:
    """The rules over one capture, and what is promised of it."""
    with_alerts = scan([str(capture.path)], rules)
    alerting = tuple(sorted({alert.rule.path.stem for alert in with_alerts.alerts}))
    with_alerts.alerts.close()
    failed = next(iter(with_alerts.tally.problems.failed.values()), None)
    silent = tuple(rule for rule in capture.rules if rule not in alerting)
    others = [rule for rule in alerting if rule not in capture.rules]
    noise = f"alerts that were not to be: {', '.join(others)}" if capture.quiet and others else None
    return Check("capture", str(capture.path), fired=alerting, silent=silent, wrong=failed or noise)


def plan_with(rules: Sequence[Rule], signals: Iterable[Signal]) -> Plan:
    """What to run: the rules, then the signals.

    Raises:
        RuleError: a rule or a signal is not true of the fields of telemetry.
    """
    plan, errors = compile_rules(rules, telemetry())
    if errors:
        raise errors[0]
    asked = [query_plan(signal.text, check(signal.query, telemetry(), signal.written)) for signal in signals]
    return optimise(build([*plan.queries, *asked]))


def _attacked(
    what: tuple[str, str],
    promise: Promise | None,
    found: set[int],
    rules: Sequence[Rule],
    signals: Sequence[Signal],
) -> Check:
    attack, sensor = what
    expected = [(len(rules) + n, s) for n, s in enumerate(signals) if s.attack == attack and sensor in s.sensors]
    alerting = sorted(rules[number].path.stem for number in found if number < len(rules))
    return Check(
        "attack",
        attack,
        sensor,
        present=tuple(s.text for number, s in expected if number in found),
        missing=tuple(s.text for number, s in expected if number not in found),
        fired=tuple(alerting),
        silent=tuple(rule for rule in (promise.rules if promise else ()) if rule not in alerting),
        wrong=None if promise else "nothing is promised of this sensor",
        reason=promise.reason if promise else "",
    )
