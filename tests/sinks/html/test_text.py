from __future__ import annotations

import pytest

from comtrap.sinks.html.text import pieces, shown, sought


def marked(text, *wanted):
    return [piece.text for piece in pieces(text, wanted) if piece.hit]


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ('process.name : "mmc.exe"', ("mmc.exe",)),
        ('process.command_line : ("*-Embedding*", "*/Auto?ation*")', ("-Embedding", "/Auto", "ation")),
        (r'registry.path : "*\\CLSID\\*"', ("\\CLSID\\",)),
        ('x like """a\\b*c"d"""', ("a\\b", 'c"d')),
        ('x == "\\u{41}bc"', ("Abc",)),
        ('x : "*"', ()),
        ("process.pid == 4", ()),
        ('x : "\\u{ffffffff}ab"', ("ab",)),
    ],
)
def test_the_plain_pieces_of_a_clause(clause, found):
    assert sought(clause) == found


def test_what_was_sought_is_marked_without_regard_to_case():
    assert marked("MMC.EXE -embedding", "-Embedding", "mmc.exe") == ["MMC.EXE", "-embedding"]


def test_the_pieces_are_the_text():
    assert "".join(p.text for p in pieces("a.b.c.d", ["b", "."])) == "a.b.c.d"


def test_what_was_sought_is_no_pattern():
    assert marked("axb", "a.b") == []


def test_a_short_value_is_shown_whole():
    assert shown("cmd.exe /c whoami", 200) == "cmd.exe /c whoami"


def test_a_long_value_is_cut_and_its_length_told():
    text = shown("x" * 5_000, 100)
    assert text.startswith("x" * 90)
    assert text.endswith("… (5,000 characters)")


def test_of_a_long_value_the_part_that_was_sought_is_kept():
    assert "needle" in shown("x" * 100_000 + "needle" + "y" * 100_000, 200, ["needle"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, ""),
        (4, "4"),
        (["a", "b"], "a, b"),
        ({"a": 1}, '{"a": 1}'),
        ("a\nb\t c", "a b c"),
        ("\u202e", "\\u{202e}"),
    ],
)
def test_any_value_is_one_line_of_visible_text(value, text):
    assert shown(value, 100) == text


def test_what_is_written_out_counts_as_long_as_it_is():
    assert len(shown("\u202e" * 190, 200)) < 250


def test_a_list_of_many_values_is_cut():
    assert shown([f"{n}" for n in range(1_000)], 200).endswith("characters)")
