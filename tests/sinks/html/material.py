"""Reports of small runs."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from tests.material import write

from comtrap.scan import scan
from comtrap.sinks.html import Sink


def report(path, events, rules, **options):
    """The page of a scan of some events."""
    file = write(path / "logs.ndjson", events)
    result = scan([file], rules)
    out = io.StringIO()
    with Sink(out, **options) as sink:
        for alert in result.alerts:
            sink.write(alert)
        sink.finish(result.summary(["logs.ndjson"]))
    return out.getvalue().replace(file, "logs.ndjson")


class Page(HTMLParser):
    """A page's elements, in order, and the text that is shown."""

    VOID = frozenset({"meta", "br", "input", "rect"})

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.wrong, self.words = [], [], [], []
        self.feed(text)
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} closes nothing")

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    def of(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def block(page, kind):
    """What stands in the page's elements of a kind."""
    return re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", page, re.DOTALL)
