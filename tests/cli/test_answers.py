from __future__ import annotations

import io
import json

import pytest
from tests.material import process, write

from comtrap.cli.answers import FORMATS
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.query import query


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json_does_nothing_to_a_terminal_and_is_the_same_elsewhere(tmp_path, form):
    path = write(tmp_path / "a.ndjson", [process(n, n, CommandLine="\x9b31m\u202eé") for n in range(2)])
    screen, file = Terminal(), io.StringIO()
    with query(ask("process where true", Request()), [path]) as answer:
        for out in (screen, file):
            FORMATS[form](answer, (), out)

    texts = [
        out.getvalue() if form == "json" else f"[{','.join(out.getvalue().splitlines())}]" for out in (screen, file)
    ]
    assert json.loads(texts[0]) == json.loads(texts[1])
    assert screen.getvalue().isascii()
    assert "\u202eé" in file.getvalue()
