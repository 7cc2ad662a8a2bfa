from __future__ import annotations

import pytest

from comtrap.check.functions import SIGNATURES, signature


def test_names_are_found_in_any_case():
    assert signature("STARTSWITH") is SIGNATURES["startsWith"]
    assert signature("wildcard") is None


def test_five_functions_ignore_case():
    names = sorted(name for name, found in SIGNATURES.items() if found.ignores_case)

    assert names == ["between", "endsWith", "indexOf", "startsWith", "stringContains"]


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("length", {1}, "exactly one argument"),
        ("startsWith", {2}, "exactly two arguments"),
        ("substring", {2, 3}, "two or three arguments"),
        ("between", {3, 4}, "three or four arguments"),
        ("number", {1, 2}, "one or two arguments"),
        ("concat", {1, 2, 3, 4, 5}, "at least one argument"),
        ("cidrMatch", {2, 3, 4, 5}, "at least two arguments"),
    ],
)
def test_how_many_arguments_a_function_takes(name, counts, expected):
    found = SIGNATURES[name]

    assert {count for count in range(6) if found.takes(count)} == counts
    assert found.expected == expected


def test_the_last_parameter_of_a_repeating_function_takes_the_rest():
    found = SIGNATURES["cidrMatch"]

    assert found.parameter(7) is found.parameters[1]


def test_arithmetic_functions_name_their_operator():
    assert {f.operator for f in SIGNATURES.values() if f.result is None} == {"+", "-", "*", "/", "%"}
