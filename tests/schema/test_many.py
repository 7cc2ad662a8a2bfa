from __future__ import annotations

import pytest

from comtrap.schema.many import holds_many


@pytest.mark.parametrize(
    "name",
    [
        "event.category",
        "process.args",
        "process.parent.args",
        "related.ip",
        "comtrap.com.clsid",
        "dll.Ext.code_signature.status",
    ],
)
def test_fields_that_are_lists_by_definition_hold_many(name):
    assert holds_many(name)


@pytest.mark.parametrize(
    "name", ["process.name", "event.code", "@timestamp", "winlog.event_data.Image", "process.argsx", "xevent.type"]
)
def test_other_fields_hold_one(name):
    assert not holds_many(name)
