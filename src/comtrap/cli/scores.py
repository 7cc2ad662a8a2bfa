"""Scores of rules as lines for people and as data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comtrap.proof.scorecard import Score


def lines(scores: list[Score]) -> list[str]:
    """A head, and a line a rule; below it, what is wrong with it."""
    width = max((len(score.rule.path.stem) for score in scores), default=0)
    out = [f"{'rule':<{width}}  verdict       attacks  captures  false alarms per million  last proved"]
    for score in scores:
        rates = ", ".join(f"{source} {rate:.1f}" for source, rate in sorted(score.per_million.items()))
        out.append(
            f"{score.rule.path.stem:<{width}}  {score.verdict:<12}  {len(score.simulated):>7}  {score.captured:>8}  "
            f"{rates or '-':<24}  {score.last_proved}".rstrip()
        )
        out += [f"{'':<{width}}  {text}" for text in score.wrong]
    return out


def as_data(score: Score) -> dict[str, Any]:
    """One score as plain values."""
    return {
        "rule": score.rule.path.stem,
        "id": str(score.rule.id),
        "verdict": score.verdict,
        "simulated": list(score.simulated),
        "captured": score.captured,
        "false_alarms": dict(score.false_alarms),
        "per_million": dict(score.per_million),
        "wrong": list(score.wrong),
        "last_proved": score.last_proved,
    }
