"""One event's XML as the object that `evtx_dump` would write of it; runs in a process of its own, see `child`."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import orjson

from comtrap.sources.child import unpacked
from comtrap.sources.record import DEPTH, TOO_DEEP, TOO_LONG, VALUES, BadRecordError

BAD_XML = "bad xml"
WHOLE, REPAIRED, BAD = b"+", b"~", b"-"

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_LOST = "\ufffd"
_TEXTS = re.compile(rb">[^<]*+")
_EVENT_DATA, _DATA = "EventData", "Data"


def parsed(request: bytes) -> bytes:
    """The lines of `line` for the packed texts of some events."""
    return b"\n".join(map(line, unpacked(request)))


def line(text: bytes) -> bytes:
    """`WHOLE` or `REPAIRED` and an object, or `BAD` and a list of reason and sentence, as JSON."""
    try:
        event, repaired = parse(text)
    except BadRecordError as error:
        return BAD + orjson.dumps([error.reason, error.why])
    return (REPAIRED if repaired else WHOLE) + orjson.dumps(event)


def parse(text: bytes) -> tuple[dict[str, Any], bool]:
    """What is in an `Event` element, and whether its text had to be repaired (characters that XML does not allow).

    Attributes are below ``#attributes``; `Data` elements with a name stand under it. Windows writes carriage returns as
    they are, which XML takes for line ends; they stay.

    Args:
        text: begins with the element's tag, so that it cannot declare entities: declarations have their place before it.

    Raises:
        BadRecordError: not XML, too many elements, too deep, or without a `System` element.
    """
    if text.count(b"<") > VALUES:
        raise BadRecordError(TOO_LONG, f"an event of more than {VALUES:,} tags")
    if b"\r" in text:
        text = _TEXTS.sub(_kept, text)
    repaired = False
    try:
        root = _tree(text)
    except ET.ParseError as error:
        repaired = True
        try:
            root = _tree(_mended(text))
        except ET.ParseError:
            raise BadRecordError(BAD_XML, f"not XML: {error}") from None
    event = _children(root, 0)
    if "System" not in event:
        raise BadRecordError(BAD_XML, "an event without a System element")
    return event, repaired


def _tree(text: bytes) -> ET.Element:
    if not text.startswith(b"<Event"):
        raise BadRecordError(BAD_XML, "no event")
    return ET.XML(text, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - see `parse`


def _kept(text: re.Match[bytes]) -> bytes:
    """Text between two tags with its carriage returns; a file that was written as text has one more a line."""
    return text[0].replace(b"\r\r\n", b"\r\n").replace(b"\r", b"&#13;")


def _mended(text: bytes) -> bytes:
    """With U+FFFD in the place of what is no UTF-8, and of characters that no XML may have."""
    characters = _ILLEGAL.sub(_LOST, text.decode("utf-8", "replace"))
    return _REFERENCE.sub(_referred, characters).encode()


def _referred(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    legal = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF and not _ILLEGAL.match(chr(code))
    return reference[0] if legal else _LOST


def _children(parent: ET.Element, depth: int) -> dict[str, Any]:
    """The elements in an element by name; several of one name are a list."""
    if depth == DEPTH - 1:
        raise BadRecordError(TOO_DEEP, f"elements more than {DEPTH} deep")
    out: dict[str, Any] = {}
    is_data = depth == 1 and parent.tag.endswith(_EVENT_DATA)
    for child in parent:
        name = child.tag.rpartition("}")[2]
        if is_data and name == _DATA and (field := child.get("Name")) and not _is_odd(field) and not len(child):
            # Of equal names the last counts, as in every other form of such an event.
            out[field] = child.text or ""
            continue
        value = _value(child, depth + 1)
        if name not in out:
            out[name] = value
        elif isinstance(out[name], list):
            out[name].append(value)
        else:
            out[name] = [out[name], value]
    return out


def _value(element: ET.Element, depth: int) -> Any:
    """The element's text; an object where it has attributes or elements."""
    text = element.text or ""
    if not element.attrib and not len(element):
        return text
    out: dict[str, Any] = {"#attributes": dict(element.attrib)} if element.attrib else {}
    if len(element):
        out |= _children(element, depth)
        if not text.strip():
            return out
    out["#text"] = text
    return out


def _is_odd(name: str) -> bool:
    """Whether a field's name means something else in the object."""
    return name == _DATA or name[0] in "#@" or name.endswith("_attributes")
