"""The report in a real browser: what a reader sees and does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.sinks.html.many import many
from tests.sinks.html.material import report
from tests.sinks.html.test_hostile import EVERYTHING, NASTY, nasty_process

from comtrap.cli.main import main
from comtrap.rules.load import load_rules
from comtrap.scan import scan
from comtrap.sinks.html import Sink
from comtrap.sinks.html.room import LARGEST

RECORDING = Path(__file__).resolve().parents[3] / "demo" / "recording"
ENTRIES = "details.entry:visible"
FILLED = """(what) => [...document.querySelectorAll(what)].every((one) =>
  one.children.length > 1 && one.lastElementChild.hasChildNodes())"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "report.html"
    assert main(["scan", str(RECORDING), "--format", "html", "--output", str(out), "--quiet"]) == 0
    return out


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Ten thousand alerts, no two alike."""
    result = scan([str(RECORDING)], load_rules())
    out = tmp_path_factory.mktemp("large") / "report.html"
    with out.open("w", encoding="utf-8") as file, Sink(file) as sink:
        for alert in many(result.alerts, 10_000):
            sink.write(alert)
        sink.finish(result.summary(["recording"]))
    return out


def said(page):
    return page.locator("#count").inner_text()


def test_all_alerts_are_there_at_first(visit, demo):
    with visit(demo) as page:
        assert page.locator("h1").inner_text() == "42 alerts on 3 hosts"
        assert said(page) == "42 alerts"


def test_a_severity_switched_off_hides_its_alerts(visit, demo):
    with visit(demo) as page:
        page.get_by_label("High").uncheck()
        page.get_by_label("Medium").uncheck()
        assert page.locator(ENTRIES).count() == 1
        assert said(page) == "1 of 42 alerts"


def test_a_host_chosen_hides_the_others(visit, demo):
    with visit(demo) as page:
        page.get_by_label("Host", exact=True).select_option("ws02")
        assert page.locator("section.onhost:visible").count() == 1
        assert said(page) == "5 of 42 alerts"


def test_a_rule_chosen_leaves_its_alerts(visit, demo):
    with visit(demo) as page:
        page.get_by_label("Rule", exact=True).select_option("Program started by an elevated COM object")
        assert said(page) == "1 of 42 alerts"


def test_words_are_looked_for_in_fields_that_are_not_shown(visit, demo):
    with visit(demo) as page:
        page.keyboard.press("/")
        page.keyboard.type("AGENT-202 dllhost.exe")
        page.get_by_text("2 of 42 alerts").wait_for()


def test_what_no_alert_has_says_so(visit, demo):
    with visit(demo) as page:
        page.get_by_label("Search all fields").fill("no such text")
        page.wait_for_selector("#none", state="visible")
        assert said(page) == "0 of 42 alerts"


def test_clear_brings_everything_back(visit, demo):
    with visit(demo) as page:
        page.get_by_label("High").uncheck()
        page.get_by_role("button", name="Zoom in").click()
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("42 alerts", exact=True).wait_for()


def test_a_technique_of_the_matrix_filters(visit, demo):
    with visit(demo) as page:
        # By key: a click might miss while what it scrolls past is laid out.
        page.locator("#attack").get_by_role("button", name="Bypass User Account Control").first.press("Enter")
        assert said(page) == "2 of 42 alerts"


def test_the_list_shows_what_the_timeline_shows(visit, demo):
    with visit(demo) as page:
        page.get_by_role("button", name="Zoom in").click()
        zoomed = said(page)
        assert re.fullmatch(r"\d+ of 42 alerts", zoomed)
        page.get_by_role("button", name="Whole time").click()
        assert said(page) == "42 alerts"


def test_dragging_over_the_timeline_zooms(visit, demo):
    with visit(demo) as page:
        chart = page.locator("#chart")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        page.mouse.move(box["x"] + 160, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 40, steps=4)
        page.mouse.up()
        assert re.fullmatch(r"\d+ of 42 alerts", said(page))


def test_an_entry_opens_to_its_evidence_and_all_fields(visit, demo):
    with visit(demo) as page:
        entry = page.locator("details.entry", has_text="Program started by an elevated COM object")
        entry.locator("summary").first.click()
        entry.locator("mark").first.wait_for()
        entry.get_by_text("All fields").click()
        # What an entry holds is made after it has opened.
        entry.locator("dl.long dt", has_text="process.parent.command_line").wait_for()


def test_a_query_is_copied(visit, demo):
    with visit(demo, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_text("What to do next").first.click()
        ask = page.locator(".ask:visible").first
        ask.get_by_role("button", name="Copy").click()
        ask.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == ask.locator("pre").inner_text()


def test_a_guide_leads_back_to_the_story(visit, demo):
    with visit(demo) as page:
        guide = page.locator("details.rule", has_text="Program started by an elevated COM object").first
        guide.locator("summary").press("Enter")
        guide.get_by_role("link", name="ws02").press("Enter")
        page.wait_for_function("location.hash.startsWith('#s')")
        assert page.locator("section.story:target h4").inner_text() == "Program started by an elevated COM object"


def test_words_that_only_fields_together_have_are_found(visit, demo):
    with visit(demo) as page:
        page.get_by_label("Search all fields").fill("rundll32 ws02 cmstplua")
        page.get_by_text("1 of 42 alerts").wait_for()


def test_a_link_to_a_guide_opens_it(visit, demo):
    with visit(demo) as page:
        page.get_by_text("What to do next").first.click()
        page.locator(".next a:visible").first.click()
        page.locator("details.rule[open]").wait_for()


def test_the_button_changes_to_dark_and_back(visit, demo):
    with visit(demo, color_scheme="light") as page:
        look = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(look)
        page.get_by_role("button", name="Change between light and dark").click()
        assert page.evaluate(look) != light
        page.get_by_role("button", name="Change between light and dark").click()
        assert page.evaluate(look) == light


def test_with_scripts_off_alerts_evidence_and_guides_are_there(visit, demo):
    with visit(demo, java_script_enabled=False) as page:
        assert page.locator("details.entry").count() == 30
        assert not page.locator(".filters").is_visible()
        entry = page.locator("details.entry").first
        entry.locator("summary").first.click()
        assert entry.locator("mark").first.is_visible()
        assert page.locator(".tree").first.is_visible()


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_window(visit, demo, width):
    with visit(demo, viewport={"width": width, "height": 800}) as page:
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CONTRAST = """() => {
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const bed = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = number(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    if (!node.checkVisibility() || node.namespaceURI.endsWith("svg")) continue;
    const [one, other] = [light(number(getComputedStyle(node).color)), light(bed(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) poor.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, demo, scheme):
    with visit(demo, color_scheme=scheme) as page:
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.evaluate(CONTRAST) == []


def test_every_control_has_a_name(visit, demo):
    with visit(demo) as page:
        nameless = """() => [...document.querySelectorAll("button, input, select")].filter((node) =>
          !(node.textContent.trim() || node.getAttribute("aria-label") || node.closest("label"))).map((n) => n.outerHTML)"""
        assert page.evaluate(nameless) == []


def test_the_keyboard_reaches_the_alerts_at_once(visit, demo):
    with visit(demo) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the alerts"


def test_it_prints_with_every_entry_open(visit, demo):
    with visit(demo) as page:
        pages = page.pdf().count(b"/Type /Page\n")
        assert pages > 8
        assert page.locator("details.entry[open]").count() == 0


@pytest.mark.parametrize("pressed", [False, True])
def test_paper_is_white_though_the_screen_is_dark(visit, demo, pressed):
    with visit(demo, color_scheme="light" if pressed else "dark") as page:
        if pressed:
            page.get_by_role("button", name="Change between light and dark").click()
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("written", [1_500_000, 0])
def test_a_hostile_log_shows_as_text(visit, tmp_path, monkeypatch, written):
    """What stands in the page, and what the script makes of its data."""
    monkeypatch.setattr("comtrap.sinks.html.room._WRITTEN", written)
    out = tmp_path / "report.html"
    events = [nasty_process(text, n) for n, text in enumerate(NASTY)]
    out.write_text(report(tmp_path, events, EVERYTHING), "utf-8")
    with visit(out) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script of the log ran: {dialog.message}"))
        for what in ("details.entry, details.next", "#alerts details"):
            page.evaluate("(what) => { for (const d of document.querySelectorAll(what)) d.open = true; }", what)
            page.wait_for_function(FILLED, arg=what)
        shown = page.locator("#alerts").inner_text()
        assert "</script><script>alert(1)" in shown
        assert "invoice\\u{202e}cod.exe" in shown
        assert page.locator("main img, #alerts script, #alerts iframe").count() == 0
        page.get_by_label("Search all fields").fill("</script><script>alert(1)</script><img")
        page.get_by_text(re.compile(r"^\d+ of \d+ alerts$")).wait_for()


def test_a_report_without_alerts_says_why(visit, tmp_path):
    out = tmp_path / "report.html"
    out.write_text(report(tmp_path, [], EVERYTHING), "utf-8")
    with visit(out) as page:
        assert page.get_by_text("No rule found anything.").is_visible()
        assert page.get_by_text("Sources there: none.").is_visible()


def test_ten_thousand_alerts_stay_below_the_limit(large):
    assert large.stat().st_size < LARGEST


LAST = "JSON.parse(document.getElementById('data').textContent).entries.at(-1)[3]"


def test_of_ten_thousand_alerts_the_last_opens_to_its_evidence_and_what_to_do(visit, large):
    with visit(large) as page:
        last = page.evaluate(LAST)
        page.evaluate("(anchor) => { location.hash = anchor; }", f"a-{last}")
        entry = page.locator(f"#a-{last}")
        entry.locator("dl.values").first.wait_for(state="attached")
        story = page.locator(f".story:has(#a-{last})")
        entry.locator("mark").first.wait_for(state="attached")
        story.locator(".tree li").first.wait_for(state="attached")
        story.get_by_text("What to do next").click()
        assert story.locator(".ask pre").first.inner_text().startswith("any where ")


def test_a_long_list_goes_on_when_it_is_scrolled(visit, large):
    with visit(large) as page:
        count = "document.querySelectorAll('section.story:not([hidden])').length"
        before = page.evaluate(count)
        assert before < 1_000
        page.get_by_role("button", name="Show more").press("Enter")
        assert page.evaluate(count) > before
        assert page.locator(".story:visible").last.locator("h4").text_content()


def test_a_long_list_is_told_without_scripts_too(visit, large):
    with visit(large, java_script_enabled=False) as page:
        assert page.locator("details.entry, noscript p").count() == 10_000


def test_what_the_script_makes_of_an_entry_is_what_is_written_of_it(visit, tmp_path, monkeypatch):
    """The same report twice, once with every story written out, once with none."""
    result = scan([str(RECORDING)], load_rules())
    shown = []
    for room in (1_500_000, 0):
        monkeypatch.setattr("comtrap.sinks.html.room._WRITTEN", room)
        out = tmp_path / f"{room}.html"
        with out.open("w", encoding="utf-8") as file, Sink(file) as sink:
            for alert in result.alerts:
                sink.write(alert)
        with visit(out) as page:
            for what in ("details.entry, details.next", "#alerts details"):
                page.evaluate("(what) => { for (const d of document.querySelectorAll(what)) d.open = true; }", what)
                page.wait_for_function(FILLED, arg=what)
            shown.append(page.locator("#alerts").inner_text().splitlines())
    assert shown[0] == shown[1]


def test_ten_thousand_alerts_are_filtered(visit, large):
    with visit(large) as page:
        page.locator("select[name=host]").select_option("host007")  # by label takes minutes among so many elements
        assert said(page) == "200 of 10,000 alerts"
