"""Checks as JUnit writes the results of tests, for continuous integration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.proof.prove import Check

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML 1.0


def junit(checks: Sequence[Check]) -> str:
    """One test case a check, one suite a kind; what was not kept fails, with what is missing as its text."""
    top = Element("testsuites", name="comtrap prove")
    for kind in dict.fromkeys(check.kind for check in checks):
        own = [check for check in checks if check.kind == kind]
        broken = sum(not check.kept for check in own)
        suite = SubElement(top, "testsuite", name=kind, tests=str(len(own)), failures=str(broken), errors="0")
        for check in own:
            case = SubElement(
                suite, "testcase", classname=f"comtrap.{kind}", name=_text(f"{check.name} {check.source}")
            )
            if not check.kept:
                reasons = problems(check)
                SubElement(case, "failure", message=_text(reasons[0])).text = _text("\n".join(reasons))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode") + "\n"


def problems(check: Check) -> list[str]:
    """What was not kept, a sentence each."""
    found = [f"{rule} does not alert" for rule in check.silent]
    found += [f"missing: {text}" for text in check.missing]
    return found if check.wrong is None else [*found, check.wrong]


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text.strip())
