"""The queries of the packs are laid out as `comtrap fmt` lays them out; those published elsewhere stay as they are."""

from __future__ import annotations

import pytest
from tests.packs.running import PACK

from comtrap.cli.main import main


@pytest.mark.parametrize("folder", ["rules", "hunts"])
def test_every_query_is_laid_out(folder, capsys):
    assert main(["fmt", "--check", str(PACK / folder)]) == 0, capsys.readouterr().err
