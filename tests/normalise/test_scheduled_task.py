from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.normalise.scheduled_task import ITEMS, SIZE, parse

TASK = '<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">{}</Task>'
HANDLER = "<Actions><ComHandler><ClassId>{}</ClassId></ComHandler></Actions>"


def test_the_class_of_a_com_handler_is_read():
    assert parse(TASK.format(HANDLER.format("{X}")))["actions"] == [
        {
            "type": "com_handler",
            "class_id": "{X}",
            "definition": "v=1|type=com_handler|context=|command=|arguments=|working_directory=|class_id={X}",
        }
    ]


def test_escaped_xml_is_read():
    written = TASK.format(HANDLER.format("{X}")).replace("<", "&lt;").replace(">", "&gt;")
    assert parse(written)["actions"][0]["class_id"] == "{X}"


def test_a_declaration_of_another_encoding_and_a_final_nul_do_not_matter():
    written = '<?xml version="1.0" encoding="UTF-16"?>\r\n' + TASK.format(HANDLER.format("{X}")) + "\0"
    assert parse(written)["actions"][0]["class_id"] == "{X}"


def test_unknown_actions_and_triggers_are_passed_over():
    assert parse(TASK.format("<Actions><SendEmail/></Actions><Triggers><X/></Triggers>")) == {}


BOMB = '<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "written",
    [
        "",
        "no xml",
        "<Task>",
        "<Task></Other>",
        BOMB + TASK.format(HANDLER.format("&b;")),
        TASK.format("<!DOCTYPE x>"),
        TASK.format("&undefined;"),
        TASK.format(HANDLER.format("x" * SIZE)),
        "<Task>\x00</Task>",
        "<Task>" + "\ud800" + "</Task>",
    ],
)
def test_what_is_no_task_or_hostile_gives_nothing(written):
    assert parse(written) is None


def test_many_actions_are_read_up_to_the_limit():
    task = parse(TASK.format("<Actions>" + "<Exec><Command>x</Command></Exec>" * (ITEMS * 2) + "</Actions>"))
    assert len(task["actions"]) == ITEMS


def test_deep_nesting_is_survived():
    assert parse(TASK.format("<a>" * 50_000 + "</a>" * 50_000)) == {}


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    parse(text)
    parse(TASK.format(text))
