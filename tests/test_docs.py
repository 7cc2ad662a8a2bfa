"""The documentation: every page is in the site, every command has one, and what pages link to is there."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from comtrap import cli
from comtrap.cli.main import parser_of

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def listed(node):
    """The pages of a part of the site's contents."""
    if isinstance(node, str):
        return [node]
    return [page for inner in (node.values() if isinstance(node, dict) else node) for page in listed(inner)]


def test_the_contents_list_every_page_but_those_that_others_list():
    contents = listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    assert len(contents) == len(set(contents))
    pages = {
        p.relative_to(DOCS).as_posix() for folder in ("", "commands", "writing") for p in (DOCS / folder).glob("*.md")
    }
    assert set(contents) == pages | {"rules/README.md"}


def test_every_command_has_a_page():
    pages = {page.stem for page in (DOCS / "commands").glob("*.md")}
    commands = {
        m.name
        for m in pkgutil.iter_modules(cli.__path__)
        if hasattr(__import__(f"comtrap.cli.{m.name}", fromlist=["add"]), "run")
    }
    assert [name for name in sorted(commands) if not any(p == name or p.startswith(f"{name}-") for p in pages)] == []


def options(parser):
    """The options of a command and its sub-commands."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action.choices, dict):
            for inner in action.choices.values():
                yield from options(inner)


def called(text):
    """The commands that a page shows, each with the options it gives them; placeholders and prose between are none."""
    blocks = re.findall(r"^\$ .*?comtrap (.*)$", text, re.MULTILINE)
    spans = re.findall(r"`comtrap ([a-z][^`]*)`", text)
    for line in (*blocks, *spans):
        words = line.partition(" #")[0].split()
        yield words[0], {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help"}


WRITTEN = [ROOT / "README.md", *(page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "decisions")]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_tells_to_call_is_there(page):
    known = parser_of(())._subparsers._group_actions[0].choices
    wrong = [
        (name, sorted(given - set(options(known[name]))) if name in known else "no command")
        for name, given in called(page.read_text("utf-8"))
        if name not in known or not given <= set(options(known[name]))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_what_a_page_links_to_is_there(page):
    links = [link for link in LINK.findall(page.read_text("utf-8")) if not link.startswith(("http", "mailto"))]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_site_is_made_without_a_warning_and_asks_nothing_of_others(tmp_path):
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "-f",
        str(ROOT / "mkdocs.yml"),
        "-d",
        str(tmp_path),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr.replace("\n", "")) == (0, "")
    page = (tmp_path / "index.html").read_text("utf-8")
    assert re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//[^"]+"', page) == []
