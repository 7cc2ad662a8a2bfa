from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.material import rule

from comtrap.rules.load import load_rules
from comtrap.rules.suppression import suppression
from comtrap.rules.written import read_rules, write_rules

RULES = load_rules()
PATHS = [one.path for one in RULES]
GUIDES = ("a x", None)
SMALL = write_rules([rule()], ["guide x"])


def test_rules_are_read_as_they_were_written():
    assert read_rules(write_rules(RULES, [None] * len(RULES)), PATHS) == (RULES, (None,) * len(RULES))


def test_what_only_some_rules_have_comes_back():
    rules = [rule(suppression=suppression(("host.id",), "30m", "suppress"), kibana={"building_block_type": "default"})]

    assert read_rules(write_rules(rules, [None]), [rules[0].path])[0] == rules


def test_a_date_for_kibana_is_not_written():
    with pytest.raises(ValueError, match="no word"):
        write_rules([rule(kibana={"meta": {"since": date(2026, 1, 5)}})], [None])


def test_guides_come_back():
    rules = [rule(), rule(number=2)]

    assert read_rules(write_rules(rules, GUIDES), [one.path for one in rules])[1] == GUIDES


def test_as_many_paths_are_needed():
    with pytest.raises(ValueError, match="other files"):
        read_rules(SMALL, [])


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 255))
def test_damaged_rules_are_rules_or_refused(place, byte):
    try:
        rules, _ = read_rules(SMALL[:place] + bytes([byte]) + SMALL[place + 1 :], [rule().path])
    except ValueError:
        return
    assert len(rules) == 1
