from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.com import script


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("N`ew-O`Bject -C`OmObject W`Script.Sh`ell", "New-OBject -COmObject WScript.Shell"),
        ("[A`ctivator]:`:Cre`ateInstance", "[Activator]::CreateInstance"),
        ("&('New-Ob'+'ject') -Com ('WScript'  +\n'.Shell')", "&('New-Object') -Com ('WScript.Shell')"),
        ('"MMC20." + "Application"', '"MMC20.Application"'),
        ("""-Com ("{1}{0}" -f 'Shell','WScript.')""", "-Com 'WScript.Shell'"),
        ("""&("{1}{0}{2}"-f'-Ob',"N`ew",'je'+'ct')""", "&'New-Object'"),
        ("""("{0}{2}" -f 'a','b')""", None),
        ("Get-Item `\n  C:\\", None),
        ("'a' + $b + 'c'", None),
        ("", None),
    ],
)
def test_tricks_are_taken_off_a_script(written, plain):
    assert script.plain(written) == plain


def test_what_is_too_long_keeps_its_end():
    text = "N`ew" + "x" * script.SIZE + "y`y"
    assert script.plain(text) == "New" + "x" * script.SIZE + "y`y"


@pytest.mark.parametrize("piece", ["'{0}' -f ", "'{0}{1}' -f 'a',", "'+", "{0}", "'", '"' + " " * 9, "`a"])
def test_no_text_takes_long(piece):
    script.plain(piece * (script.SIZE // len(piece)))


TEXTS = st.text(st.sampled_from("aN\u00e9`'\"+{}01-fF,( )\n\x0b\xa0:."), max_size=40)


@given(TEXTS)
def test_the_hint_is_in_every_text_that_changes(text):
    if script.plain(text) is not None:
        assert pc.match_substring_regex(pa.scalar(text), script.HINT).as_py()


@given(TEXTS)
def test_no_format_is_overlooked(text):
    assert script._FORMATTED.search(text) or not script._FORMAT.search(text)
