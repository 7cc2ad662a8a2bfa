from __future__ import annotations

import pytest

from comtrap.errors import PluginError
from comtrap.remote.address import LONGEST, address, is_address

HERE = "elasticsearch+https://elastic.example"


@pytest.mark.parametrize(
    ("given", "url", "index"),
    [
        (f"{HERE}/logs", "https://elastic.example:9200", "logs"),
        (f"{HERE}:443/logs-*,winlogbeat-*", "https://elastic.example:443", "logs-*,winlogbeat-*"),
        (f"{HERE}/proxied/elastic/logs-*/", "https://elastic.example:9200/proxied/elastic", "logs-*"),
        (f"{HERE}/logs-*,-logs-test", "https://elastic.example:9200", "logs-*,-logs-test"),
        (f"{HERE}/europe:logs-*,*:winlogbeat-*", "https://elastic.example:9200", "europe:logs-*,*:winlogbeat-*"),
        (f"{HERE}/.alerts-security.alerts-default", "https://elastic.example:9200", ".alerts-security.alerts-default"),
        (f"{HERE}/logs%2A", "https://elastic.example:9200", "logs*"),
        ("elasticsearch+https://[2001:db8::1]:9243/logs", "https://[2001:db8::1]:9243", "logs"),
        ("elasticsearch+http://127.0.0.1/logs", "http://127.0.0.1:9200", "logs"),
        ("elasticsearch+http://localhost:9201/logs", "http://localhost:9201", "logs"),
    ],
)
def test_an_address_is_a_cluster_and_its_indices(given, url, index):
    found = address(given)
    assert (found.url, found.index) == (url, index)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (HERE, "names no index"),
        (f"{HERE}/", "names no index"),
        (f"{HERE}/logs?x=1", "is no address"),
        (f"{HERE}/logs#x", "is no address"),
        (f"{HERE}:port/logs", "cannot be read"),
        (f"{HERE}/Logs", "no name of an index"),
        (f"{HERE}/_all", "no name of an index"),
        (f"{HERE}/+logs", "no name of an index"),
        (f"{HERE}/..", "no name of an index"),
        (f"{HERE}/logs,", "no name of an index"),
        (f"{HERE}/a%20b", "no name of an index"),
        (f"{HERE}/a%2fb", "no name of an index"),
        (f"{HERE}/a%0ab", "no name of an index"),
        (f"{HERE}/-logs", "only leaves indices out"),
        (f"{HERE}/{'x' * 256}", "at most 255 bytes"),
        (f"{HERE}/{'x' * LONGEST}", "at most 4,096 characters"),
        ("elasticsearch+ftp://elastic.example/logs", "is no address"),
        ("elasticsearch+https:///logs", "is no address"),
        ("elasticsearch+http://elastic.example/logs", "not encrypted"),
        ("elasticsearch+http://10.0.0.1/logs", "not encrypted"),
        ("elasticsearch+https://elastic:secretsecret@elastic.example/logs", "holds a user or a password"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(given, why):
    with pytest.raises(PluginError, match=why) as refused:
        address(given)
    assert "secretsecret" not in str(refused.value)


def test_another_machine_is_talked_to_without_encryption_only_where_that_was_said():
    assert address("elasticsearch+http://10.0.0.1/logs", plain=True).url == "http://10.0.0.1:9200"


@pytest.mark.parametrize(("index", "one"), [("alerts", True), ("a,b", False), ("a*", False), ("eu:a", False)])
def test_only_one_index_of_this_cluster_can_be_written_to(index, one):
    assert address(f"{HERE}/{index}").is_one is one


@pytest.mark.parametrize(
    ("path", "is_one"), [(HERE, True), ("elasticsearch", False), ("https://x/y", False), ("-", False)]
)
def test_an_address_is_told_from_a_path_by_its_beginning(path, is_one):
    assert is_address(path) is is_one
