from __future__ import annotations

from uuid import UUID

from comtrap.alerts.ids import alert_id, digest_of, identity

PARTS = ("host1", "Security", "Provider", "4688", "1700000000000000000")


def test_the_id_of_an_event_is_of_its_record_number_not_of_its_content():
    assert identity(PARTS, "7") == identity(PARTS, "7", digest_of({"a": "b"}))
    assert identity(PARTS, "7") != identity(PARTS, "8")


def test_without_a_record_number_the_content_counts_in_any_order():
    assert identity(PARTS, None, digest_of({"a": "1", "b": "2"})) == identity(
        PARTS, None, digest_of({"b": "2", "a": "1"})
    )
    assert identity(PARTS, None, digest_of({"a": "1"})) != identity(PARTS, None, digest_of({"a": "2"}))


def test_every_part_counts_and_absent_is_not_empty():
    ids = {identity((*PARTS[:n], other, *PARTS[n + 1 :]), "7") for n in range(len(PARTS)) for other in ("x", "", None)}
    assert len(ids) == 15


def test_a_value_cannot_pass_for_another_part():
    assert identity(("a", "b"), "c") != identity(("a\x00=b", None), "c")


def test_halves_of_surrogate_pairs_have_an_id():
    assert len(identity(("\ud800",), "7")) == 64


def test_the_id_of_an_alert_is_of_the_rule_and_its_events_in_order():
    one, two = UUID(int=1), UUID(int=2)
    assert len({alert_id(one, "ab"), alert_id(two, "ab"), alert_id(one, "ba"), alert_id(one, "a")}) == 4
    assert alert_id(one, "ab") == alert_id(one, "ab")
