"""Slots and mended chunks."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.sources.evtx_builder import chunk, event

from comtrap.sources.evtx.chunk import CHUNK_BYTES, Slot, mended, slots

WHOLE = chunk([event(number=n, Image="x" * n) for n in range(4)])
PLACES = slots(WHOLE)


def damaged(*changes):
    out = bytearray(WHOLE)
    for at, data in changes:
        out[at : at + len(data)] = data
    return bytes(out)


def test_each_record_has_a_slot():
    assert [slot.offset for slot in PLACES] == [512, *(s.offset + s.size_bytes for s in PLACES[:3])]


def test_a_header_that_tells_of_no_records_is_not_believed():
    assert slots(damaged((48, struct.pack("<I", 512)))) == PLACES
    assert slots(damaged((8, bytes(120)))) == PLACES


def test_what_was_there_before_the_chunk_was_used_again_does_not_count():
    """Past the end that the header tells stands an older record, with a number that does not follow."""
    old = damaged((48, struct.pack("<I", PLACES[2].offset)), (PLACES[2].offset + 8, struct.pack("<Q", 77)))

    assert slots(old) == PLACES[:2]


def test_a_record_whose_size_is_wrong_has_a_slot_and_the_next_is_found():
    wrong = damaged((PLACES[1].offset + 4, struct.pack("<I", 7)))

    assert slots(wrong) == [PLACES[0], Slot(PLACES[1].offset, 0), *PLACES[2:]]


def test_a_record_whose_mark_is_gone_has_no_slot_and_the_next_is_found():
    assert slots(damaged((PLACES[1].offset, b"XXXX"))) == [PLACES[0], *PLACES[2:]]


def test_a_chunk_cut_off_has_the_slots_up_to_there():
    cut = WHOLE[: PLACES[2].offset + 40]

    assert slots(cut) == [*PLACES[:2], Slot(PLACES[2].offset, 0)]


def test_a_mended_chunk_is_whole_and_numbers_its_records():
    made = mended(damaged((0, b"garbage!"), (8, bytes(120)), (PLACES[1].offset, b"XXXX")), [PLACES[0], *PLACES[2:]], 70)

    assert len(made) == CHUNK_BYTES
    assert slots(made) == PLACES
    assert [struct.unpack_from("<Q", made, s.offset + 8)[0] for s in PLACES] == [70, (1 << 64) - 1, 71, 72]


@given(st.lists(st.tuples(st.integers(0, PLACES[-1].offset + 100), st.binary(min_size=1, max_size=8)), max_size=6))
def test_slots_ascend_and_lie_within_the_chunk_whatever_is_damaged(changes):
    found = slots(damaged(*changes))

    ends = [512, *(slot.offset + slot.size_bytes for slot in found)]
    assert all(slot.offset >= end for slot, end in zip(found, ends, strict=False))
    assert ends[-1] <= CHUNK_BYTES
    assert len(mended(damaged(*changes), found, 0)) == CHUNK_BYTES
