from __future__ import annotations

import pytest

from comtrap.com import clsid
from comtrap.com.catalogue import catalogue, lookup, named_in

CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"


def test_there_are_more_than_a_hundred_objects_each_with_a_source():
    assert len(catalogue()) >= 113
    assert [o.name for o in catalogue() if not o.references and not o.ordinary] == []


def test_ids_are_in_one_spelling_and_no_two_objects_share_one():
    ids = [o.id for o in catalogue() if o.id is not None]
    assert ids == [clsid.canonical(i) for i in ids]
    assert len(set(ids)) == len(ids)


def test_every_object_has_an_id_or_a_progid():
    assert [o.name for o in catalogue() if o.id is None and not o.progids] == []


@pytest.mark.parametrize("text", [CMSTPLUA, CMSTPLUA.lower(), CMSTPLUA.strip("{}"), "cmstplua", f" {CMSTPLUA} "])
def test_an_object_is_found_by_its_id_in_any_spelling_and_by_its_name(text):
    found = lookup(text)
    assert found is not None
    assert (found.id, found.elevated) == (CMSTPLUA, True)


def test_a_progid_is_found_with_its_version():
    assert lookup("MMC20.Application.1") == lookup("mmc20.application") is not None


@pytest.mark.parametrize("text", ["", "{", "no.such", "{00000000-0000-0000-0000-000000000001}", "x" * 100_000])
def test_what_is_not_known_is_none(text):
    assert lookup(text) is None


def test_objects_are_named_once_in_the_order_of_the_texts():
    texts = [f"dllhost.exe /Processid:{CMSTPLUA}", "New-Object -ComObject MMC20.Application", CMSTPLUA.lower()]
    assert named_in(texts)[0].id == CMSTPLUA
    assert len(named_in(texts)) == len(set(named_in(texts))) >= 2


def test_ordinary_text_names_no_object():
    assert named_in(["C:\\Windows\\System32\\notepad.exe a.b.c.txt", ""]) == []
