"""An explanation as one JSON object. Its keys are told in docs/commands/explain.md, and stay."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from comtrap.execute.text import iso
from comtrap.explain.condition import Kind, Node
from comtrap.explain.explanation import (
    AtStage,
    Course,
    Explanation,
    GivenEvent,
    KeyCourses,
    Mark,
    NearMiss,
    SampleOfKey,
    SampleStory,
    SequenceStory,
    Shown,
    StageCount,
    Tally,
)
from comtrap.explain.judge import Given, Judged
from comtrap.explain.planned import Planned, StagePlan
from comtrap.explain.reading import Seen
from comtrap.explain.sighting import Event
from comtrap.explain.wording import worded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.explain.judge import Value


@singledispatch
def as_data(part: object) -> Any:
    """A part of an explanation as what JSON can hold."""
    raise TypeError(f"no part of an explanation: {type(part).__name__}")


def _each(parts: Iterable[object]) -> list[Any]:
    return [as_data(part) for part in parts]


@as_data.register
def _(found: Explanation) -> dict[str, Any]:
    rule = found.subject.rule
    named = None if rule is None else {"id": str(rule.id), "name": rule.name, "slug": rule.path.stem}
    out = {"query": found.subject.text, "rule": named, "plan": as_data(found.planned)}
    out["plan"]["columns"] = sorted(found.subject.plan.columns)
    if found.seen is None:
        return out
    return out | {
        "input": as_data(found.seen),
        "interrupted": found.interrupted,
        "matches": found.matches,
        "reasons": list(found.reasons),
        "condition_failures": found.failures,
        "hits_kept": found.truncated,
        "stages": _each(found.stages),
        "hits": _each(found.shown),
        "events": None if found.given is None else _each(found.given),
        "sequences": None if found.sequence is None else as_data(found.sequence),
        "samples": None if found.sample is None else as_data(found.sample),
    }


@as_data.register
def _(found: Planned) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "stages": _each(found.stages),
        "maxspan_ms": _ms(found.maxspan_ns),
        "pipes": list(found.pipes),
        "fields": [
            {"name": use.name, "column": use.column, "type": use.type, "optional": use.optional} for use in found.fields
        ],
        "indices": [{"pattern": pattern, "known": list(known)} for pattern, known in found.indices or ()],
        "claims": list(found.claims),
        "exceptions": list(found.exceptions),
        "never": found.never,
    }


@as_data.register
def _(stage: StagePlan) -> dict[str, Any]:
    return {
        "number": stage.number,
        "category": stage.category,
        "missing": stage.missing,
        "runs": stage.runs,
        "keys": [{"name": key.name, "type": key.type, "optional": key.optional} for key in stage.keys],
        "condition": as_data(stage.condition),
        "always": stage.always,
        "runs_as": None if stage.runs_as is None else worded(stage.runs_as),
        "written_by": [
            {"provider": each.provider, "codes": list(each.codes), "others": each.others} for each in stage.sources
        ],
    }


@as_data.register
def _(node: Node) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": node.kind.value, "text": node.text, "always": node.always}
    if node.kind is not Kind.CLAUSE:
        return out | {"parts": _each(node.parts)}
    fields = [use.name for use in node.fields]
    return out | {"fields": fields, "ignores_case": node.ignores_case, "options": list(node.options)}


@as_data.register
def _(seen: Seen) -> dict[str, Any]:
    problems = seen.problems
    return {
        "files": seen.files,
        "events": seen.read,
        "categories": dict(sorted(seen.categories.items())),
        "indices": dict(sorted(seen.indices.items())),
        "last": None if seen.last_ns is None else iso(seen.last_ns),
        "skipped": dict(sorted(problems.skipped.items())),
        "failed": dict(sorted(problems.failed.items())),
    }


@as_data.register
def _(stage: StageCount) -> dict[str, Any]:
    clauses = [
        {"text": clause.node.text, "left": clause.so_far, "by_itself": clause.alone, "sole_miss": clause.only}
        for clause in stage.clauses
    ]
    return {
        "number": stage.number,
        "category": stage.category,
        "of_category": stage.of_category,
        "held": stage.held,
        "clauses": clauses,
        "with_value": {field.name: field.events for field in stage.fields},
        "without_key": {lack.name: lack.events for lack in stage.lacking},
        "nearest": {"clauses_missed": stage.distance, "events": stage.near, "shown": _each(stage.nearest)},
    }


@as_data.register
def _(event: Event) -> dict[str, Any]:
    return {
        "path": event.path,
        "member": event.member,
        "position": event.position,
        "record_id": event.record_id,
        "@timestamp": iso(event.time_ns),
        "host": event.host,
        "index": event.index,
        "category": list(event.category),
        "provider": event.provider,
        "code": event.code,
    }


@as_data.register
def _(given: Given) -> dict[str, Any]:
    return {"name": given.name, "values": [_value(value) for value in given.values], "count": given.count}


@as_data.register
def _(judged: Judged) -> dict[str, Any]:
    out: dict[str, Any] = {
        "kind": judged.node.kind.value,
        "text": judged.node.text,
        "verdict": judged.verdict.value,
    }
    if judged.parts:
        return out | {"parts": _each(judged.parts)}
    out |= {"values": _each(judged.values), "held": list(judged.held)}
    return out if judged.message is None else out | {"message": judged.message}


@as_data.register
def _(shown: Shown) -> dict[str, Any]:
    return {"event": as_data(shown.event), "condition": as_data(shown.judged)}


@as_data.register
def _(near: NearMiss) -> dict[str, Any]:
    return {"missed": list(near.missed), "count": near.count, **as_data(near.shown)}


@as_data.register
def _(given: GivenEvent) -> dict[str, Any]:
    return {"event": as_data(given.event), "stages": _each(given.stages)}


@as_data.register
def _(stage: AtStage) -> dict[str, Any]:
    return {
        "number": stage.number,
        "category": stage.category,
        "of_category": stage.of_category,
        "condition": as_data(stage.judged),
    }


@as_data.register
def _(mark: Mark) -> dict[str, Any]:
    return {
        "stage": mark.stage,
        "after_ms": _ms(mark.after_ns),
        "event": as_data(mark.event),
        "values": _each(mark.values),
    }


@as_data.register
def _(course: Course) -> dict[str, Any]:
    other, gone = course.elsewhere, course.excepted
    return {
        "reached": _each(course.reached),
        "outcome": course.outcome.value,
        "by": _each(course.by),
        "waiting_for": course.waiting,
        "over_ms": _ms(course.over_ns),
        "data_end_after_ms": _ms(course.end_ns),
        "excepted": None if gone is None else {**as_data(gone.mark), "exceptions": list(gone.exceptions)},
        "other_key": None
        if other is None
        else {
            **as_data(other.mark),
            "differences": [{"name": d.name, "here": d.here, "there": d.there} for d in other.differences],
        },
    }


@as_data.register
def _(tally: Tally) -> dict[str, Any]:
    return {"reached": tally.reached, "outcome": tally.outcome.value, "count": tally.count}


@as_data.register
def _(one: KeyCourses) -> dict[str, Any]:
    key = [{"name": part.name, "value": part.value} for part in one.key]
    return {"key": key, "shown": _each(one.courses), "counts": _each(one.counts)}


@as_data.register
def _(story: SequenceStory) -> dict[str, Any]:
    return {
        "keys": story.keys,
        "begun": story.begun,
        "counts": _each(story.counts),
        "matched": _each(story.matched),
        "ended": _each(story.ended),
    }


@as_data.register
def _(one: SampleOfKey) -> dict[str, Any]:
    filters = [
        {"number": f.number, "events": f.events, "first": None if f.first is None else as_data(f.first)}
        for f in one.filters
    ]
    return {
        "key": [{"name": part.name, "value": part.value} for part in one.key],
        "matched": one.matched,
        "filters": filters,
    }


@as_data.register
def _(story: SampleStory) -> dict[str, Any]:
    return {
        "keys": story.keys,
        "matched": story.matched,
        "filled": [{"filters": filled, "keys": count} for filled, count in story.filled],
        "lacking_one": [{"filter": number, "keys": count} for number, count in story.lacking],
        "shown": _each(story.shown),
    }


def _ms(span_ns: int | None) -> float | None:
    return None if span_ns is None else span_ns / 1_000_000


def _value(value: Value) -> Value:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
