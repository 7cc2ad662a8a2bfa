from __future__ import annotations

import pytest
from tests.plan.rewrites.fixtures import assert_rewrites, cases

from comtrap.plan.rewrites.merge_alternatives import merge_alternatives


@pytest.mark.parametrize(("before", "after"), cases("merge_alternatives"))
def test_merge_alternatives(before, after):
    assert_rewrites(merge_alternatives, before, after)
