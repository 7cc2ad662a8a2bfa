from __future__ import annotations

import msgspec
import pytest

from comtrap.errors import DeployError
from comtrap.remote.answers import member, reason


@pytest.mark.parametrize("text", [b"1", b"null", b'"\xff"', b"", b"["])
def test_a_member_that_is_something_else_is_said(text):
    with pytest.raises(DeployError, match="not what Elasticsearch gives: id"):
        member({"id": msgspec.Raw(text)}, "id", str)


def test_a_member_that_is_not_there_may_have_a_default():
    assert member({}, "id", str, default="x") == "x"
    with pytest.raises(DeployError, match="not what Elasticsearch gives: id"):
        member({}, "id", str)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (b'"text"', "text"),
        (b'{"type": "a", "reason": "b"}', "a: b"),
        (b'{"type": "a", "reason": null}', "a: "),
        (b'{"type": "x", "reason": "y", "root_cause": [{"type": "a", "reason": "b"}]}', "a: b"),
        (b"[1]", "[1]"),
        (b"{", "{"),
    ],
)
def test_the_first_cause_of_an_error_is_its_reason(error, why):
    assert reason({"error": msgspec.Raw(error), "status": msgspec.Raw(b"400")}) == why


@pytest.mark.parametrize("body", [None, "", {}, []])
def test_an_error_may_have_no_reason(body):
    assert reason(body) == ""
