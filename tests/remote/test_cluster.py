from __future__ import annotations

import sys

import pytest

from comtrap.errors import PluginError
from comtrap.remote.access import Access
from comtrap.remote.address import Address
from comtrap.remote.cluster import cluster


def test_without_the_client_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "comtrap.remote.elasticsearch", raising=False)
    monkeypatch.setitem(sys.modules, "elastic_transport", None)

    with (
        pytest.raises(PluginError, match=r"pip install 'comtrap\[elasticsearch\]'"),
        cluster(Address("", ""), Access()),
    ):
        pass
