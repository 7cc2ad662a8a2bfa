from __future__ import annotations

import pytest

from comtrap.schema.elastic import TYPES, field
from comtrap.schema.types import Type


@pytest.mark.parametrize(
    ("written", "kind"),
    [("wildcard", Type.KEYWORD), ("constant_keyword", Type.KEYWORD), ("flattened", Type.KEYWORD), ("unsigned_long", Type.LONG),
     ("byte", Type.LONG), ("scaled_float", Type.DOUBLE), ("half_float", Type.DOUBLE), ("match_only_text", Type.TEXT)],
)  # fmt: skip
def test_types_of_elasticsearch_are_few_of_ours(written, kind):
    assert field(written).type is kind
    assert field(written).written == written


@pytest.mark.parametrize("written", ["nested", "object", "geo_point", "dense_vector", "no such type"])
def test_other_types_are_not_supported(written):
    assert not field(written).supported


def test_text_is_not_exact():
    assert [name for name in TYPES if not field(name).exact] == ["text", "match_only_text"]
