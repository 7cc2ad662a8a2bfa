"""What people read: whole texts, at 80 and 120 columns, in signs and in ASCII."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.explain.material import CHILD, PAIR, excel, exception, explained, image, pairs, starts
from tests.golden import check_golden
from tests.material import process, rule, write

from comtrap.explain.as_data import as_data
from comtrap.explain.explain import Wish, explain
from comtrap.explain.render.ink import ASCII, UNICODE, Ink, Pen, columns
from comtrap.explain.render.render import render
from comtrap.explain.subject import find, of_rule

GOLDEN = Path(__file__).parent / "golden"
MISSING = (
    "sequence by process.entity_id with maxspan=1m\n"
    '  [process where event.code == "1"]\n'
    '  ![process where event.code == "5"]\n'
    '  [process where event.code == "7"]\n'
    "| head 1"
)
SAMPLE = (
    'sample by process.entity_id [process where event.code == "1"] [process where event.code == "7" and file.name : "*"] '
    '[process where event.code == "5"]'
)
EVERYWHERE = """
process where
  (process.name : ("cmd.exe", "powershell.exe", "pwsh.exe", "wscript.exe", "cscript.exe", "mshta.exe", "rundll32.exe") or
   ?no.such.field == "x" or process.pid in (4, 8)) and
  length(process.command_line) > 2 and number(process.parent.name) > 1 and
  not (process.args : "x" and user.name == "user1") and process.args : ("/c", "who*", "b") and process.title != "a"
"""


def drawn(found, width=80, signs=UNICODE) -> str:
    lines = ["".join(text for text, _ in line) for line in render(found, Pen(width, signs))]
    assert [line for line in lines if columns(line) > width] == []
    return "\n".join(line.rstrip() for line in lines) + "\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, so that paths are short and the same everywhere."""
    monkeypatch.chdir(tmp_path)
    return Path()


def rule_plan(here):
    return explain(of_rule(rule(CHILD, index=("logs-endpoint*", "none-*")), [exception(here / "e", user__name="a")]))


def excepted(here):
    events = [excel(0, 1, 1), image(1, 2, 1, r"C:\b.xll"), image(2, 3, 9)]
    subject = of_rule(rule(PAIR), [exception(here / "e", file__name="b.xll")])
    return explain(subject, [write(here / "logs.ndjson", events)])


MADE = {
    "plan_event": lambda _: explain(find(EVERYWHERE)),
    "plan_sequence": lambda _: explain(find(f"{PAIR} | head 2")),
    "plan_rule": rule_plan,
    "plan_never": lambda _: explain(find('file where file.name : "a" and ?no.such : "b"')),
    "event": lambda here: explained(CHILD, starts(), here),
    "event_parts": lambda here: explained(EVERYWHERE, [process(0, 1), process(1, 2, "a.exe", "7")], here),
    "event_nothing": lambda here: explained('registry where registry.path : "a"', starts(), here),
    "event_index": lambda here: explain(
        of_rule(rule(CHILD, index=("none-*",))), [write(here / "logs.ndjson", starts())]
    ),
    "event_given": lambda here: explained(CHILD, starts(), here, positions=frozenset({4, 6})),
    "sequence": lambda here: explained(PAIR, pairs(), here, 20),
    "sequence_missing": lambda here: explained(MISSING, pairs(), here, 3),
    "sequence_exception": excepted,
    "sequence_nothing": lambda here: explained(PAIR, [excel(0, 1, 1), process(1, 2)], here),
    "sequence_given": lambda here: explained(PAIR, pairs(), here, records=frozenset({"6"})),
    "sample": lambda here: explained(SAMPLE, pairs(), here, 2),
}
NAMES = list(MADE)


def made(name, here):
    return MADE[name](here)


@pytest.mark.parametrize("name", NAMES)
def test_as_it_is_read(name, here):
    check_golden(GOLDEN / f"{name}.txt", drawn(made(name, here)))


@pytest.mark.parametrize("name", ["event_parts", "sequence", "plan_event"])
def test_on_a_wide_terminal(name, here):
    check_golden(GOLDEN / f"{name}.wide.txt", drawn(made(name, here), 120))


@pytest.mark.parametrize("name", ["event_parts", "sequence"])
def test_without_signs(name, here):
    text = drawn(made(name, here), signs=ASCII)
    assert text.isascii()
    check_golden(GOLDEN / f"{name}.ascii.txt", text)


@pytest.mark.parametrize("name", ["plan_event", "event_parts", "sequence", "sample"])
def test_as_programs_read_it(name, here):
    check_golden(GOLDEN / f"{name}.json", json.dumps(as_data(made(name, here)), indent=1) + "\n")


@pytest.mark.parametrize("width", [40, 57])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal(name, here, width):
    drawn(made(name, here), width)


HOSTILE = "\x1b[2J\u202e\r\n\t\u3000\U000e0041\ufeff漢字" + "\u0301" * 3 + "x"


def hostile_events():
    return [
        process(0, 1, HOSTILE, HOSTILE, CommandLine=HOSTILE, User=HOSTILE, host=HOSTILE),
        process(1, 2, "a" * 3_000, "\\" * 500, host="h" * 500, CommandLine='"' * 900),
    ]


@pytest.mark.parametrize(
    "query",
    [
        'process where process.name : "no" and process.args : ("x", "y")',
        'process where process.name != "no"',
        "sequence by host.name, process.command_line [process where true] [process where true]",
        "sample by user.name, process.name [process where true] [process where true]",
        f'process where process.name : ("{HOSTILE.replace(chr(13), "").replace(chr(10), "")}", "b", "c") or 1 == 1',
    ],
)  # fmt: skip
def test_what_comes_from_outside_does_nothing_to_a_terminal(here, query):
    folder = here / "a\u202eb"
    for signs in (UNICODE, ASCII):
        text = drawn(explained(query, hostile_events(), folder), signs=signs)
        assert all(c.isprintable() for c in text.replace("\n", ""))
    assert json.dumps(as_data(explained(query, hostile_events(), folder))).isascii()


def test_a_category_and_a_key_are_as_hostile_as_anything(here):
    odd = {"event": {"category": HOSTILE}, "@timestamp": "2026-01-01T00:00:00Z", "process": {"name": "x"}}
    assert "\x1b" not in drawn(explained("file where true", [odd], here))
    assert "\x1b" not in drawn(explained(f'"{HOSTILE[:4]}" where true', [odd], here))


def test_every_line_names_its_inks(here):
    inks = {ink for name in NAMES for line in render(made(name, here), Pen(80, UNICODE)) for _, ink in line}
    assert inks == set(Ink)


def test_an_interrupted_run_and_lost_records_are_said(here, monkeypatch):
    path = here / "a.ndjson"
    write(path, starts())
    path.write_text(path.read_text("utf-8") + "{broken\n", "utf-8")
    monkeypatch.setattr("comtrap.explain.explain.MOST_HITS", 0)
    text = drawn(explain(find("process where number(process.name) > 1 or process.pid > 0"), [str(path)], Wish(1)))

    assert "1 record could not be read" in text
    assert "only the first 0 hits were kept" in text
    assert "a condition failed on 8 events" in text


@pytest.mark.parametrize(("sign", "word"), [(":", "or"), ("==", "and")])
def test_of_hundreds_of_clauses_some_are_drawn(here, sign, word):
    query = "process where " + f" {word} ".join(f'process.name {sign} "x{n}"' for n in range(300))
    text = drawn(explained(query, [process(0, 1)], here))

    assert text.count("  cmd.exe") == 20
    assert "… 280 more" in text
