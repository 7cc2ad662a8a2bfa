"""Where events are in an XML text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.reading import Pieces
from tests.sources.xml_builder import xml

from comtrap.errors import SourceError
from comtrap.sources import xml_split as module
from comtrap.sources.record import BadRecordError
from comtrap.sources.xml_split import Splitter, root, split

A, B = b"<Event a='1'><x/></Event>", b"<Event>\n<y>2</y>\n</Event>"


def told(data, around=b"", size=1 << 20):
    """What is found: texts, and the reasons of what is none."""
    found = [element for block in split(Pieces(data, size), around) for element in block]
    return [element if isinstance(element, bytes) else element.reason for element in found]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", []),
        (b" \r\n", []),
        (A, [A]),
        (A + B, [A, B]),
        (A + b"\r\n" + B + b"\r\n", [A, B]),
        (b"<?xml version='1.0'?>\n" + A + b"\n<?xml version='1.0'?>\n" + B, [A, B]),
        (b"Record 1\n" + A + b"\nRecord 2\n" + B, [A, B]),
        (b"<!-- <Eventful> -->" + A, [A]),
        (A.replace(b"</Event>", b"</Event >"), [A.replace(b"</Event>", b"</Event >")]),
        (b"<Event/>" + A + b"<Event a='b'/>", [b"<Event/>", A, b"<Event a='b'/>"]),
        (b"<EventData><Events><Eventid></EventData>", []),
    ],
)
def test_events_are_found_wherever_the_text_is_cut(text, found, size):
    assert told(text, size=size) == found


@pytest.mark.parametrize("size", [1, 1000])
def test_events_in_user_data_are_a_part_of_it(size):
    inner = b"<UserData><Event>1</Event><UserData/><Event/><Event>2</Event></UserData>"
    text = b"<Event>" + inner + b"</Event>"

    assert told(text + A, size=size) == [text, A]


@pytest.mark.parametrize("size", [1, 1000])
def test_broken_events_are_counted_in_their_place(size):
    assert told(A[:-8] + B + b"</Event>" + A, size=size) == ["truncated", B, "bad xml", A]


@pytest.mark.parametrize("around", [b"Events", b"root"])
def test_a_root_that_does_not_end_is_said(around):
    whole = b"<" + around + b">" + A + b"</" + around + b">"

    assert told(whole, around) == [A]
    assert told(whole + b"\r\n" * 100, around) == [A]
    assert told(whole[: -len(around) - 3], around) == [A, "truncated"]


def test_a_text_that_ends_within_an_event_says_so():
    assert told(A + B[:-1]) == [A, "truncated"]


@pytest.mark.parametrize("declared", [b"<!DOCTYPE Events []>", b"<!ENTITY a 'b'>", b"<!DOCTYPE"])
def test_a_text_that_declares_something_is_not_read_further(declared):
    found = []
    with pytest.raises(SourceError, match="declares a document type"):
        found.extend(split(io.BytesIO(A + declared + B), b""))

    assert found == [[A]]


def test_a_declaration_within_an_event_is_the_events():
    text = A.replace(b"<x/>", b"<!DOCTYPE x>")

    assert told(text + B) == [text, B]


@pytest.mark.parametrize("end", [b"", b"</Event>"])
def test_events_too_long_are_counted_and_not_held(monkeypatch, end):
    monkeypatch.setattr(module, "SIZE_BYTES", 10_000)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1_000)
    splitter = Splitter(b"")
    found = []
    for block in [A, b"<Event>", *[b"x" * 1_000] * 50, end, B, A]:
        found += splitter.feed(block)
        assert len(splitter._held) <= 12_000
    found += splitter.end()

    reasons = [element.reason if isinstance(element, BadRecordError) else element for element in found]
    assert reasons == [A, "too long" if end else "truncated", B, A]


def test_text_between_events_is_not_held():
    splitter = Splitter(b"")
    for _ in range(50):
        assert splitter.feed(b"< " * 100_000) == []
        assert len(splitter._held) <= module.TAG_BYTES


def test_a_tag_without_an_end_is_looked_at_once():
    splitter = Splitter(b"")
    for _ in range(200):
        splitter.feed(b"<Event " + b"a" * 50_000)

    assert splitter.feed(b">" + A)[-1:] == [A]


def test_a_break_is_told_after_the_events_before_it():
    found = []
    with pytest.raises(EOFError):
        found.extend(split(Pieces(A + B[:5], 10, EOFError()), b""))

    assert [element for block in found for element in block] == [A]


HEAD = xml().encode()


@pytest.mark.parametrize(
    ("head", "around"),
    [
        (HEAD, b""),
        (b"\r\n<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n<Events>" + HEAD, b"Events"),
        (b"<root>" + HEAD, b"root"),
        (b"<?xml version='1.0'?><!-- a --><!-- b > --><Events a='b'>", b"Events"),
        (b"<Events></Events>", b"Events"),
        (b"<Events/>", b""),
        (b"<Event>", b""),
        (b"<!DOCTYPE Events><Events>", b"Events"),
        (b"<Sysmon><EventFiltering/></Sysmon>", None),
        (b"<html><body>Event</body></html>", None),
        (b"<Task xmlns='http://schemas.microsoft.com/windows/2004/02/mit/task'>", None),
        (b'{"xml": "<Event>"}', None),
        (b"<", None),
        (b"", None),
    ],
)
def test_events_are_known_by_the_first_bytes(head, around):
    assert root(head) == around


def test_many_comments_do_not_take_for_ever():
    assert root(b"<!-- -->" * 500) is None


@given(
    st.lists(
        st.sampled_from([A, B, b"<Event", b"</Event>", b"<UserData>", b"</UserData>", b"<", b">", b" ", b"<!DOCTYPE"])
    ),
    st.integers(1, 9),
)
def test_where_the_text_is_cut_makes_no_difference(parts, size):
    def read(size):
        try:
            return told(b"".join(parts), size=size)
        except SourceError:
            return None

    assert read(size) == read(1 << 20)
