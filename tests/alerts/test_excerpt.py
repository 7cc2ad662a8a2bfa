from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comtrap.alerts.excerpt import excerpt

LONG = "a" * 500 + "New-Object -ComObject" + "b" * 500


def test_a_short_text_is_whole():
    assert excerpt("short", ["*x*"]) == "short"


def test_a_long_text_is_cut_round_what_was_found():
    cut = excerpt(LONG, ["*new-object*"])
    assert "New-Object" in cut
    assert cut.startswith("…a")
    assert cut.endswith("b…")


def test_the_longest_piece_found_says_where():
    assert "New-Object" in excerpt("a*b" + LONG, ["*a*new-object*", "*zzz-not-there*"])


def test_where_nothing_is_found_the_begin_is_shown():
    assert excerpt(LONG, ["zzz"]) == "a" * 300 + "…"


@given(st.text(), st.lists(st.text()), st.integers(1, 50))
def test_an_excerpt_is_a_part_of_the_text_and_bounded(text, literals, longest):
    cut = excerpt(text, literals, longest)
    assert len(cut) <= longest + 2
    assert cut in text or cut.strip("…") in text or cut[1:-1] in text
