from __future__ import annotations

import pytest

from comtrap.sinks.html.markdown import rendered


def test_a_guide_becomes_headings_lists_and_code():
    made = rendered("## Triage\n\n1. Look at `mmc.exe`.\n2. Then **stop**.\n")
    assert "<h3>Triage</h3>" in made
    assert "<li>Look at <code>mmc.exe</code>.</li>" in made


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://example.test/x.png)", "<div>\n\nx"],
)
def test_html_and_images_of_a_guide_are_text(text):
    made = rendered(text)
    assert not [tag for tag in ("<script", "<img", "<div") if tag in made]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"])
def test_a_link_that_is_none_to_the_web_is_text(address):
    assert "href" not in rendered(f"[x]({address})")


def test_a_link_tells_nobody_where_it_was_followed():
    assert 'rel="noreferrer noopener"' in rendered("[x](https://example.test/)")
