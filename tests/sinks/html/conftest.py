"""A browser to look at reports with; tests that need it are skipped where there is none."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _program():
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("COMTRAP_BROWSER") or next((p for name in names if (p := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = _program()
    if program is None:
        pytest.skip("no Chromium on the path; COMTRAP_BROWSER may name one")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Opens a report; at the end nothing may have gone wrong in it, and nothing been asked for."""
    trouble: list[str] = []

    @contextmanager
    def opened(path, **options):
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        page = context.new_page()
        page.on("console", lambda said: trouble.append(f"console {said.type}: {said.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("request", lambda asked: asked.url == path.as_uri() or trouble.append(f"request: {asked.url}"))
        page.goto(path.as_uri())
        yield page
        context.close()

    yield opened
    assert trouble == []
