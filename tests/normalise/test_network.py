from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.normalise.build import SYSMON, at, event

from comtrap.normalise.network import LIMIT, results


def test_typed_answers_come_before_addresses():
    assert results("::ffff:192.0.2.1;type:  5 a.example.test;2001:db8::1;type:  33 ;") == {
        "answers": [
            {"type": "CNAME", "data": "a.example.test"},
            {"type": "SRV"},
            {"type": "A", "data": "192.0.2.1"},
            {"type": "AAAA", "data": "2001:db8::1"},
        ],
        "addresses": ["192.0.2.1", "2001:db8::1"],
        "names": ["a.example.test"],
    }


def test_an_unknown_type_is_its_number():
    assert results("type:  60000 x")["answers"] == [{"type": "60000", "data": "x"}]


def test_what_is_no_answer_is_passed_over():
    assert results("x;;999.1.1.1;")["answers"] is None


def test_answers_are_read_up_to_the_limit():
    assert len(results("192.0.2.1;" * (LIMIT * 2))["answers"]) == LIMIT


@pytest.mark.parametrize(
    ("code", "status"), [("0", "SUCCESS"), ("9003", "DNS_ERROR_RCODE_NAME_ERROR"), ("77777", "77777")]
)
def test_a_status_has_its_name(code, status):
    assert at(event((SYSMON, 22), {"QueryName": "x", "QueryStatus": code}), "sysmon.dns.status") == status


def test_a_source_ports_name_wins():
    values = {"SourcePortName": "netbios-ns", "DestinationPortName": "domain"}
    assert at(event((SYSMON, 3), values), "network.protocol") == "netbios-ns"


@given(st.text(alphabet="type: 0123456789;.:fax"))
def test_any_text_is_read_without_an_error(text):
    results(text)
