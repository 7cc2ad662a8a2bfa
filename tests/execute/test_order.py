"""The order of addresses and versions."""

from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.execute.order import address_key, canonical, keys, version_key
from comtrap.schema.types import Type


def test_versions_order_by_meaning():
    versions = [
        "0.9", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-rc.1", "1.0.0", "1.0.0+build", "1.0.1", "1.2.0",
        "1.10.0", "2.0", "2.0.0", "10.0.0", "", "01.0", "1.a", "bad", "é",
    ]  # fmt: skip

    assert sorted([*reversed(versions)], key=version_key) == versions


def test_an_early_version_comes_before_its_final_one_and_after_shorter_ones():
    assert version_key("1.0") < version_key("1.0.0-alpha") < version_key("1.0.0")


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("::1", "::1"), ("0:0:0:0:0:0:0:1", "::1"), ("2001:DB8::0", "2001:db8::"),
        ("300.0.0.1", None), ("", None), ("10.0.0", None), ("010.0.0.1", None), ("fe80::1%eth0", "fe80::1"),
    ],
)  # fmt: skip
def test_addresses_have_one_spelling(text, spelled):
    assert canonical(text) == spelled


def test_addresses_order_by_number_ipv4_among_ipv6():
    addresses = ["::1", "9.0.0.1", "10.0.0.1", "255.255.255.255", "2001:db8::1"]

    assert sorted([*reversed(addresses)], key=lambda a: address_key(a) or b"") == addresses


def test_keys_of_columns_keep_nulls_and_lose_what_is_no_address():
    found = keys(pa.array(["10.0.0.1", None, "x", "10.0.0.1"]), Type.IP).to_pylist()

    assert found[0] == found[3] == address_key("10.0.0.1")
    assert found[1:3] == [None, None]
