from __future__ import annotations

from pathlib import Path

import pytest
from tests.material import process, rule, write

from comtrap.errors import SourceError
from comtrap.proof.run import Fired, fired
from comtrap.proof.samples import plan_of


def test_alerts_name_the_positions_of_their_events(tmp_path):
    path = Path(write(tmp_path / "a.ndjson", [process(0, 1, parent="explorer.exe"), process(1, 2)]))
    assert fired(plan_of(rule()), path) == [Fired(0, (1,))]


def test_an_empty_file_has_no_alerts(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text("")
    assert fired(plan_of(rule()), path) == []


@pytest.mark.parametrize("content", [None, "{", '{"a": 1}\nnothing\n'])
def test_a_file_that_cannot_be_read_whole_is_an_error(content, tmp_path):
    path = tmp_path / "a.ndjson"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SourceError, match="cannot be read whole"):
        fired(plan_of(rule()), path)
