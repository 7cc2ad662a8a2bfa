"""Exceptions proposed for a rule's false alarms: as narrow as what these share, and proved to hide no known attack."""

from __future__ import annotations

import ntpath
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.normalise import document as documents
from comtrap.rules.exceptions import Entry, ExceptionItem
from comtrap.rules.samples import samples
from comtrap.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Rule

WHO = ("process.executable", "process.parent.executable", "process.code_signature.subject_name")
WHAT = (
    "registry.path", "registry.data.strings", "file.path", "dll.path", "process.command_line",
    "process.parent.command_line", "destination.port", "winlog.event_data.TaskName", "winlog.event_data.param4",
)  # fmt: skip
"""Fields that may tell benign events apart; those that differ from event to event, or that anybody may choose alone
(names of hosts and users, ids, times), are left out."""

FEWEST_ENTRIES = 2  # a single condition is a name that an attacker can take
MOST_VALUES = 5  # in one condition
_DEPTH = 3  # folders that paths must share, the drive counted
_UNSET = "put in yours"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for some alike false alarms.

    Attributes:
        item: the exception; None where the alarms share too little.
        alarms: how many false alarms there were of this kind.
        suppressed: how many of all false alarms it takes away.
        lost: attacks that it would hide, as ``file: time``; it is proposed only if there are none.
        example: where one of the alarms is, for people.
    """

    item: ExceptionItem | None
    alarms: int
    suppressed: int
    lost: tuple[str, ...]
    example: str

    @property
    def safe(self) -> bool:
        """Whether it can be used."""
        return self.item is not None and not self.lost


def tune(rule: Rule, benign: Iterable[str], attacks: Iterable[str], expires: datetime | None = None) -> list[Proposal]:
    """Exceptions for what a rule says of benign inputs, the most frequent kind of alarm first.

    Args:
        rule: the rule.
        benign: inputs in which every alert is a false alarm.
        attacks: inputs in which every alert must stay; the rule's own hits are always among them.
        expires: when the exceptions are to end; by default a year after the newest false alarm.
    """
    benign = list(benign)
    attacked = [*attacks, *(str(sample.path) for sample in samples(rule) if sample.hit)]
    alarms = _alerts(rule, benign)
    known = {alert.id: alert for alert in _alerts(rule, attacked)} if attacked else {}
    groups: dict[tuple[str, ...], list[Alert]] = defaultdict(list)
    for alert in alarms:
        groups[_kind(alert)].append(alert)
    out = []
    for number, group in enumerate(sorted(groups.values(), key=lambda g: (-len(g), g[0].id)), 1):
        item = _item(rule, number, group, expires)
        if item is None:
            out.append(Proposal(None, len(group), 0, (), _where(group[0])))
            continue
        left = {alert.id for alert in _alerts(rule, benign, (item,))}
        kept = {alert.id for alert in _alerts(rule, attacked, (item,))} if attacked else set()
        lost = tuple(_where(alert) for name, alert in known.items() if name not in kept)
        out.append(Proposal(item, len(group), sum(a.id not in left for a in alarms), lost, _where(group[0])))
    return out


def could_hide(item: ExceptionItem) -> str:
    """What somebody would have to do to be hidden by an exception, in words."""
    said = [f"{e.field} {'is' if e.kind == 'match' else 'is one of' if e.kind == 'match_any' else 'begins as in'} "
            f"{', '.join(e.values)}" for e in item.entries]  # fmt: skip
    return "an attack is hidden only where " + " and ".join(said)


def as_toml(rule: Rule, items: Sequence[ExceptionItem]) -> str:
    """A file of exceptions, ready for an owner and a ticket."""
    hits = [sample.path.resolve().as_posix() for sample in samples(rule) if sample.hit]
    first = items[0]
    lines = [
        f'id = "tuned_{rule.path.stem}"', f"name = {_quoted(f'{rule.name}: tuned')}",
        'description = "What the rule says of these hosts when nothing is wrong."', f'owner = "{_UNSET}"',
        f'reason = "{_UNSET}"', f'ticket = "{_UNSET}"', f"expires = {first.expires.date().isoformat()}",
    ]  # fmt: skip
    for item in items:
        lines += ["", "[[items]]", f'id = "{item.id}"', f"name = {_quoted(item.name)}", f'rules = ["{rule.id}"]']
        lines += ["entries = [", *(f"  {_entry(entry)}," for entry in item.entries), "]"]
        if hits:
            lines.append(f"still_fires = [{', '.join(map(_quoted, hits))}]")
    return "\n".join(lines) + "\n"


def _alerts(rule: Rule, paths: Sequence[str], exceptions: Sequence[ExceptionItem] = ()) -> list[Alert]:
    result = scan(paths, [rule], exceptions=exceptions)
    try:
        return list(result.alerts)
    finally:
        result.alerts.close()


def _kind(alert: Alert) -> tuple[str, ...]:
    """What alarms must have alike to be taken together."""
    event = alert.evidence[0].event
    return tuple(value.lower() for field in WHO[:2] for value in (*_texts(event, field), "")[:1])


def _item(rule: Rule, number: int, group: list[Alert], expires: datetime | None) -> ExceptionItem | None:
    entries = [entry for field in (*WHO, *WHAT) if (entry := _shared(field, [a.evidence[0].event for a in group]))]
    if len(entries) < FEWEST_ENTRIES or not any(entry.field in WHAT for entry in entries):
        return None
    newest = datetime.fromtimestamp(max(alert.time_ns for alert in group) // 1_000_000_000, UTC)
    return ExceptionItem(
        list_id=f"tuned_{rule.path.stem}",
        id=f"kind_{number}",
        name=f"{len(group)} false alarms such as {ntpath.basename((entries[0].values or ('',))[0])}",
        rules=(rule.id,),
        entries=tuple(entries),
        owner=_UNSET,
        reason=_UNSET,
        ticket=_UNSET,
        expires=expires or _a_year_after(newest),
        path=Path(f"tuned_{rule.path.stem}.toml"),
    )


def _a_year_after(moment: datetime) -> datetime:
    if (moment.month, moment.day) == (2, 29):
        moment = moment.replace(day=28)
    return moment.replace(year=moment.year + 1, hour=0, minute=0, second=0)


def _shared(field: str, events: Sequence[Mapping[str, Any]]) -> Entry | None:
    """A condition that all events meet, the narrowest there is; None if they share too little."""
    found = [_texts(event, field) for event in events]
    if any(len(values) != 1 for values in found):
        return None
    values = sorted({values[0] for values in found})
    if len(values) == 1:
        return Entry(field, "match", values=tuple(values))
    folder = _folder(values)
    if folder is not None:
        return Entry(field, "wildcard", values=(folder.replace("\\", "\\\\") + "\\\\*",))
    return Entry(field, "match_any", values=tuple(values)) if len(values) <= MOST_VALUES else None


def _folder(values: Sequence[str]) -> str | None:
    """The folder that all paths are in, if it is deep enough and means one folder only."""
    parts = [value.split("\\")[:-1] for value in values]
    common = list(parts[0])
    for other in parts[1:]:
        same = next((n for n, (a, b) in enumerate(zip(common, other, strict=False)) if a != b), None)
        common = common[: min(len(common), len(other)) if same is None else same]
    if len(common) < _DEPTH or any(char in part for part in common for char in '*?"'):
        return None
    return "\\".join(common)


def _texts(event: Mapping[str, Any], field: str) -> list[str]:
    value = documents.get(dict(event), field)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [str(each) for each in values if isinstance(each, str | int)]


def _where(alert: Alert) -> str:
    first = alert.evidence[0]
    return f"{first.path}{'!' + first.member if first.member else ''} #{first.position}"


def _entry(entry: Entry) -> str:
    value = _quoted(entry.values[0]) if entry.kind != "match_any" else f"[{', '.join(map(_quoted, entry.values))}]"
    return f'{{ field = "{entry.field}", type = "{entry.kind}", operator = "included", value = {value} }}'


def _quoted(text: str) -> str:
    """A TOML string."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = "".join(f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08X}" for c in text)
    return f'"{escaped}"'
