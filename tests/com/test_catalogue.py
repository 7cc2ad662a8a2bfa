from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from comtrap.com import clsid
from comtrap.com.catalogue import catalogue, lookup, named_in

CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"
SHARED = Path(__file__).parents[3] / "shared" / "design" / "com_objects.json"
USES = {"elevation", "execution", "download", "evasion", "hijack", "token", "context", "ordinary"}


def given():
    """The public list that the catalogue grew from."""
    known = json.loads(SHARED.read_text("utf-8"))
    return [*known["abusable"], *known["benign_known"]]


def test_there_are_enough_objects_each_with_a_source():
    assert len(catalogue()) >= 130
    assert [o.name for o in catalogue() if not o.references and not o.sources] == []


def test_ids_are_in_one_spelling_and_no_two_objects_share_one():
    ids = [o.id for o in catalogue() if o.id is not None]
    assert ids == [clsid.canonical(i) for i in ids]
    assert len(set(ids)) == len(ids)
    assert len({o.name for o in catalogue()}) == len(catalogue())


def test_every_object_has_an_id_or_a_progid():
    assert [o.name for o in catalogue() if o.id is None and not o.progids] == []


def test_every_object_says_what_it_is():
    for o in catalogue():
        assert o.use in USES
        assert set(o.kind) <= {"class", "application", "type library", "ProgID"}
        assert (o.kind == ("ProgID",)) == (o.id is None)
        assert len(o.about) > 20
        assert o.elevated <= (o.use == "elevation")
        assert o.appid is None or clsid.canonical(o.appid) == o.appid
        assert all(a.reference.startswith("https://") for a in o.actors)
        assert all(r.startswith("https://") for r in o.references)


def test_what_is_abused_and_what_is_ordinary_says_how_everyday_use_looks():
    silent = {o.name for o in catalogue() if not o.benign}
    assert silent <= {"Demonstration scriptlet", "Profiler demonstration"}


def written(quote):
    """The ids that a quoted line holds, however a source spells them."""
    numbers = re.findall(r"0x([0-9a-fA-F]+)\b", quote)
    if len(numbers) >= 11:  # DEFINE_GUID of C
        sizes = (8, 4, 4, *[2] * 8)
        digits = "".join(n.zfill(size) for n, size in zip(numbers, sizes, strict=False))
    else:
        digits = "".join(re.findall(r"[0-9a-fA-F]{8}[-_]\w{4}[-_]\w{4}[-_]\w{4}[-_]\w{12}", quote)[:1])
        digits = re.sub(r"[-_]", "", digits)
    return clsid.canonical("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))


QUOTED = [(o, s) for o in catalogue() for s in o.sources if o.id is not None]


@pytest.mark.parametrize(("known", "source"), QUOTED, ids=[f"{o.id} {s.where[:20]}" for o, s in QUOTED])
def test_a_source_names_its_place_and_quotes_the_id(known, source):
    assert written(source.quote) == known.id
    assert len(source.where) > 10
    assert re.search(r"\d", source.where) or source.where.startswith("elastic/")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no shared material beside the checkout")
def test_all_of_the_public_list_is_known_and_thirty_more():
    ids = {entry["clsid"].upper() for entry in given() if entry.get("clsid")}
    ours = {o.id for o in catalogue() if o.id is not None}
    assert ids - ours == set()
    assert len(ours - ids) >= 30
    # No id rests on memory: it is quoted from a source, or stands in the public list, which names its own.
    assert {o.id for o in catalogue() if o.id is not None and not o.sources} <= ids
    elevated = {entry["clsid"].upper() for entry in given() if entry.get("elevated")}
    assert {o.id for o in catalogue() if o.elevated} >= elevated


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
