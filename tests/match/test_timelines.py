"""Every drawing gives the rows drawn under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.match.timeline import Drawing, read

FILES = sorted(Path(__file__).parent.glob("*.timeline"))
DRAWINGS = [pytest.param(drawing, id=f"{path.stem}: {drawing.title}") for path in FILES for drawing in read(path)]


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_the_drawing_gives_its_rows(drawing: Drawing):
    by = any(" by " in row for row in drawing.expected)
    assert [drawing.drawn(found, by=by) for found in drawing.matches()] == drawing.expected


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_the_order_of_the_hits_does_not_matter(drawing: Drawing):
    assert drawing.matches(backwards=True) == drawing.matches()


def test_there_are_drawings_of_every_rule():
    assert {path.stem for path in FILES} == {"state_machine", "ties", "keys", "until", "maxspan", "missing", "pipes"}
