"""Guides and descriptions, which are Markdown, as HTML that holds no more than they say."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

LONGEST = 1 << 16  # characters of one text


def rendered(text: str, *, below: int = 3) -> Markup:
    """The text as HTML: headings from ``h<below>``, lists, code, links to the web; its own HTML is shown as text.

    Args:
        text: Markdown.
        below: the level of its first heading, from 1.
    """
    tokens = _parser().parse(text[:LONGEST])
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            level = min(6, int(token.tag[1:]) + below - 2)
            token.tag = f"h{max(below, level)}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer noopener")
    # The parser escapes what it does not understand; no HTML of the text gets through.
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704


class _Parser(MarkdownIt):
    """Links lead to the web or nowhere."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - its name there
        return url.startswith(("https://", "http://"))


@cache
def _parser() -> _Parser:
    parser = _Parser("commonmark", {"html": False})
    parser.disable(["image", "html_block", "html_inline"])
    return parser
