from __future__ import annotations

import pyarrow as pa

from comtrap.check.typed import Constant, Pipe, Stage
from comtrap.execute.hits import HITS
from comtrap.match.hit import Match
from comtrap.match.match import Limits, match
from comtrap.plan.plan import EventPlan
from comtrap.schema.types import Type

STAGE = Stage("process", Constant(True, Type.BOOLEAN))
ROWS = [{"query": 4, "stage": 0, "key": [], "time_ns": 9 - e, "tie": None, "event": e} for e in range(5)]
HIT = pa.Table.from_pylist(ROWS, schema=HITS)


def test_events_come_in_the_order_of_time():
    assert match(EventPlan("q", STAGE), 4, HIT) == [Match(4, (), (e,)) for e in (4, 3, 2, 1, 0)]


def test_pipes_and_limits_cut_them():
    plan = EventPlan("q", STAGE, (Pipe("tail", 3), Pipe("head", 1)))

    assert [m.events for m in match(plan, 4, HIT)] == [(2,)]
    assert [m.events for m in match(EventPlan("q", STAGE), 4, HIT, Limits(2, "head"))] == [(4,), (3,)]


def test_no_hits_give_no_matches():
    assert match(EventPlan("q", STAGE), 4, HITS.empty_table()) == []
