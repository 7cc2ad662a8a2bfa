"""One event's XML as an object."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.sources.child import packed
from comtrap.sources.event_xml import BAD, REPAIRED, WHOLE, line, parse, parsed
from comtrap.sources.record import DEPTH, VALUES, BadRecordError

LOST = "\ufffd"


def event(inside, attributes=""):
    return f"<Event{attributes}><System/>{inside}</Event>".encode()


def data(inside):
    return parse(event(f"<EventData>{inside}</EventData>"))[0]["EventData"]


def test_text_attributes_and_elements_are_what_evtx_dump_writes_of_them():
    found, repaired = parse(
        event("<A>x</A><B k='v'/><C k='v'>y</C><D/><E><F>1</F><F>2</F><F>3</F></E>", " xmlns='http://a.example'")
    )

    assert found == {
        "System": "",
        "A": "x",
        "B": {"#attributes": {"k": "v"}, "#text": ""},
        "C": {"#attributes": {"k": "v"}, "#text": "y"},
        "D": "",
        "E": {"F": ["1", "2", "3"]},
    }
    assert not repaired


def test_data_stand_under_their_names_the_last_of_equal_ones():
    assert data("<Data Name='A'>1</Data><Data Name='B'/><Data Name='A'>2</Data>") == {"A": "2", "B": ""}


def test_data_without_names_are_a_list():
    assert data("<Data>1</Data><Data/><Data>3</Data><Binary>00</Binary>") == {"Data": ["1", "", "3"], "Binary": "00"}


@pytest.mark.parametrize("name", ["Data", "#text", "@x", "Foo_attributes"])
def test_names_that_would_mean_something_else_keep_their_element(name):
    assert data(f"<Data Name='{name}'>1</Data>") == {"Data": {"#attributes": {"Name": name}, "#text": "1"}}


def test_blanks_between_elements_are_nothing_and_within_a_value_are_kept():
    assert data("\n  <Data Name='A'> a\t</Data>\n") == {"A": " a\t"}


def test_prefixes_of_names_are_left_out():
    found, _ = parse(event("<UserData><n:Info xmlns:n='http://a.example'><n:A>1</n:A></n:Info></UserData>"))

    assert found["UserData"] == {"Info": {"A": "1"}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a\r\nb", "a\r\nb"), ("a\nb", "a\nb"), ("a\r\r\nb", "a\r\nb"), ("a\rb", "a\rb"), ("a&#13;&#10;b", "a\r\nb")],
)
def test_line_ends_are_those_of_the_log(written, meant):
    assert data(f"<Data Name='A'>{written}</Data>") == {"A": meant}


def test_line_ends_within_a_tag_are_none_of_the_text():
    assert parse(b"<Event\r\n a='1'\r\n><System\r\n/>\r\n</Event>")[0] == {"System": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"a\x01b", f"a{LOST}b"),
        (b"a\xffb", f"a{LOST}b"),
        (b"a\xed\xa0\x80b", f"a{LOST * 3}b"),
        (b"a&#0;b&#x1F;&#xD800;&#xFFFF;", f"a{LOST}b{LOST * 3}"),
        (b"\x01&#65;&#x1F600;&amp;&lt;", f"{LOST}A\U0001f600&<"),
    ],
)
def test_characters_that_xml_forbids_are_replaced_and_that_is_said(written, meant):
    text = event("<EventData><Data Name='A'>?</Data></EventData>").replace(b"?", written)

    assert parse(text) == ({"System": "", "EventData": {"A": meant}}, True)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<Event",
        b"<Event></Event>",
        b"<Event/>",
        b"<Event><System></Event>",
        event("&unknown;"),
        event("<A>&#xFFFFFFFFFF;</A>"),
        event("<!DOCTYPE a><A/>"),
        event("<!ENTITY a 'b'>"),
        event("") + event(""),
        b"<!DOCTYPE Event [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Event><System>&a;</System></Event>",
        b"<?xml version='1.0'?>" + event(""),
        event("<A b='1' b='2'/>"),
        event("<n:A/>"),
    ],
)
def test_what_is_no_event_is_refused(text):
    with pytest.raises(BadRecordError) as refused:
        parse(text)

    assert refused.value.reason == "bad xml"


def test_an_entity_that_was_never_declared_is_none(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    text = event(f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{secret.as_uri()}' parse='text'/>")

    assert "secret'" not in str(parse(text)[0]["include"]).replace(str(secret), "")


@pytest.mark.parametrize(("depth", "fits"), [(DEPTH - 1, True), (DEPTH, False), (100_000, False)])
def test_elements_are_at_most_so_deep(depth, fits):
    text = event("<a>" * (depth - 1) + "<b>1</b>" + "</a>" * (depth - 1))
    if fits:
        assert parse(text)[0]["a"]
        return
    with pytest.raises(BadRecordError, match="64 deep"):
        parse(text)


def test_elements_are_at_most_so_many():
    with pytest.raises(BadRecordError) as refused:
        parse(event("<a/>" * VALUES))

    assert refused.value.reason == "too long"


def test_one_element_of_many_attributes_is_read_in_its_time():
    text = event("<a " + " ".join(f"a{n}='1'" for n in range(100_000)) + "/>")

    assert len(parse(text)[0]["a"]["#attributes"]) == 100_000


def test_events_become_lines():
    lines = parsed(packed([event(""), b"<Event>", event("<A>\n</A>").replace(b"\n", b"\x01\n")])).split(b"\n")

    assert [text[:1] for text in lines] == [WHOLE, BAD, REPAIRED]
    assert orjson.loads(lines[0][1:]) == {"System": ""}
    assert orjson.loads(lines[1][1:])[0] == "bad xml"


@given(st.text("<>/&;'\"=! \r\nEventSysmDa#x0é\x01", max_size=80))
def test_no_text_raises_anything_else(text):
    for whole in (event(text), b"<Event" + text.encode()):
        assert line(whole)[:1] in {WHOLE, REPAIRED, BAD}
