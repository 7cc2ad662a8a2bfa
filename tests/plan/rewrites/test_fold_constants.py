from __future__ import annotations

import pytest
from tests.plan.rewrites.fixtures import assert_rewrites, cases

from comtrap.plan.rewrites.fold_constants import fold_constants


@pytest.mark.parametrize(("before", "after"), cases("fold_constants"))
def test_fold_constants(before, after):
    assert_rewrites(fold_constants, before, after)
