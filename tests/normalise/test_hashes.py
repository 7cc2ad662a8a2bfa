from __future__ import annotations

import pytest

from comtrap.normalise.hashes import parse


def test_hashes_are_lower_case_and_in_one_order():
    found = parse("MD5=AB,IMPHASH=CD,SHA1=EF,SHA256=12")
    assert found["md5"] == "ab"
    assert found["all"] == ["12", "ef", "ab", "cd"]


@pytest.mark.parametrize("text", ["", "Unknown", "MD5=", "IMPHASH=00000000000000000000000000000000", "=x", ",,"])
def test_what_is_no_hash_is_left_out(text):
    assert parse(text)["all"] == []
