"""How each platform writes a text, told by its own grammar: what stands outside of texts, and whether each text is whole.

Sources: the lexical rules in the documentation of Kusto, ES|QL, Splunk, LogScale and UDM. Stricter than `languages`, which reads
what the queries mean.
"""

from __future__ import annotations

import re

# What may stand in a literal, by the character that opens it. No line break may, but for Splunk, where we write none either.
_KQL = {'"': r'"(?:[^"\\\r\n]|\\(?:[\\"\'tnr]|u[0-9a-fA-F]{4}))*"', "'": r"'(?:[^'\\\r\n]|\\[\\'])*'"}
_ESQL = {'"': r'"(?!"")(?:[^"\\\r\n]|\\[\\"tnr])*"(?!")|""(?!")'}
_SPL = {'"': r'"(?:[^"\\`\r\n]|\\[^`\r\n])*"'}
_CQL = {"/": r"/(?:[^/\\\r\n]|\\[^\r\n])+/[ims]*", '"': r'"(?:[^"\\\r\n]|\\.)*"'}
_UDM = {"/": r"/(?:[^/\\\r\n]|\\[^\r\n])+/", '"': r'"(?:[^"\\\r\n]|\\[\\"])*"'}
_GRAMMARS = {"sentinel": _KQL, "esql": _ESQL, "splunk": _SPL, "crowdstrike": _CQL, "secops": _UDM}
_COMMENTS = {"splunk": ("```", "```")}


def outside(platform: str, query: str) -> str:
    """A query without comments, each of its texts as ``¤``.

    Raises:
        AssertionError: a text does not end, or has something in it that the platform does not read.
    """
    opening, closing = _COMMENTS.get(platform, ("//", ""))
    lines = query.split("\n")
    while lines[0].startswith(opening):
        assert lines[0].endswith(closing)
        assert opening not in lines[0][len(opening) : len(lines[0]) - len(closing)] or not closing
        lines.pop(0)
    text, grammar, found, at = "\n".join(lines), _GRAMMARS[platform], [], 0
    while at < len(text):
        if text[at] in grammar:
            literal = re.compile(grammar[text[at]]).match(text, at)
            assert literal, f"no {platform} text: {text[at : at + 60]!r}"
            found.append("¤")
            at = literal.end()
        else:
            found.append(text[at])
            at += 1
    return "".join(found)
