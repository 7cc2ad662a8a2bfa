from __future__ import annotations

import pytest
from tests.plan.rewrites.fixtures import assert_rewrites, cases

from comtrap.plan.rewrites.cheap_first import cheap_first


@pytest.mark.parametrize(("before", "after"), cases("cheap_first"))
def test_cheap_first(before, after):
    assert_rewrites(cheap_first, before, after)
