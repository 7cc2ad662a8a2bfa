from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comtrap.check.functions import SIGNATURES
from comtrap.check.suggest import _Word, suggest

WORDS = st.text(alphabet="abc.", max_size=9)


def test_the_closest_name_is_named():
    assert suggest("md4", ["md5", "pid", "command_line"]) == "did you mean `md5`?"


def test_names_as_close_are_named_together():
    assert suggest("pib", ["pid", "pie", "user"]) == "did you mean any of `pid`, `pie`?"


def test_case_does_not_matter():
    assert suggest("Process.Name", ["process.name"]) == "did you mean `process.name`?"


def test_a_name_without_its_path_is_found():
    assert suggest("md5", ["user.name", "file.hash.md5", "process.hash.md5"]) == (
        "did you mean any of `file.hash.md5`, `process.hash.md5`?"
    )


def test_nothing_is_better_than_anything():
    assert suggest("zzz", ["md5", "pid"]) is None
    assert suggest("", ["md5"]) is None
    assert suggest("md5", []) is None


def test_functions_of_older_dialects():
    assert suggest("arrayContains", SIGNATURES) == "did you mean `stringContains`?"
    assert suggest("match", SIGNATURES) == "did you mean `cidrMatch`?"
    assert suggest("safe", SIGNATURES) is None


@given(WORDS.filter(bool), WORDS)
def test_distances_are_edits(a, b):
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (char != other))

    assert _Word(a).distance(b) == row[-1]
