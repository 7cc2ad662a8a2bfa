from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from comtrap.errors import PluginError
from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.exceptions import Entry, in_force

FILE = """
id = "agent"
name = "An agent"
description = "What it does."
owner = "the team that runs it"
reason = "It is ours."
ticket = "CHG-1"
expires = 2027-06-30

[[lists]]
id = "scanners"
type = "ip"
values = ["10.0.0.1", "10.0.0.2"]

[[items]]
id = "scripts"
name = "Its scripts"
rules = ["00000000-0000-4000-8000-000000000001"]
entries = [
  { field = "process.name", type = "match", operator = "included", value = "agent.exe" },
  { field = "user.name", type = "match_any", operator = "excluded", value = ["admin", "root"] },
  { field = "process.executable", type = "wildcard", operator = "included", value = 'C:\\\\Agent\\\\*' },
  { field = "process.parent.name", type = "exists", operator = "excluded" },
  { field = "source.ip", type = "list", operator = "included", list = { id = "scanners", type = "ip" } },
  { field = "process.Ext.code_signature", type = "nested", entries = [
    { field = "trusted", type = "match", operator = "included", value = "true" },
  ] },
]
still_fires = ["attack.ndjson"]
removes = ["benign.ndjson"]

[[items]]
id = "other"
name = "Something else"
rules = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
entries = [{ field = "host.name", type = "exists", operator = "included" }]
owner = "another team"
ticket = "CHG-2"
reason = "Another."
expires = 2026-01-01T12:00:00+02:00
"""


def load(folder, text=FILE):
    path = folder / "agent.toml"
    path.write_text(text, "utf-8")
    return load_exceptions([path])


def wrong(folder, text):
    lists, (error,) = load(folder, text)
    assert lists == []
    return [(d.code, error.text.count("\n", 0, d.labels[0].span.start) + 1, d.title) for d in error.diagnostics]


def test_a_file_holds_exceptions(tmp_path):
    (one,), errors = load(tmp_path)
    assert errors == []
    assert (one.id, one.name, [item.label for item in one.items]) == (
        "agent",
        "An agent",
        ["agent/scripts", "agent/other"],
    )
    first, second = one.items
    assert (first.owner, first.ticket, first.reason) == ("the team that runs it", "CHG-1", "It is ours.")
    assert (first.still_fires, first.removes) == ((tmp_path / "attack.ndjson",), (tmp_path / "benign.ndjson",))
    assert (second.owner, second.ticket, len(second.rules)) == ("another team", "CHG-2", 2)


def test_conditions_are_those_that_kibana_has(tmp_path):
    ((one,), _) = load(tmp_path)
    assert one.items[0].entries == (
        Entry("process.name", "match", True, ("agent.exe",)),
        Entry("user.name", "match_any", False, ("admin", "root")),
        Entry("process.executable", "wildcard", True, ("C:\\\\Agent\\\\*",)),
        Entry("process.parent.name", "exists", False),
        Entry("source.ip", "list", True, ("10.0.0.1", "10.0.0.2"), list_id="scanners"),
        Entry("process.Ext.code_signature", "nested", entries=(Entry("trusted", "match", True, ("true",)),)),
    )


def test_a_date_is_its_begin_in_utc_and_a_time_has_its_offset(tmp_path):
    ((one,), _) = load(tmp_path)
    assert [item.expires for item in one.items] == [
        datetime(2027, 6, 30, tzinfo=UTC),
        datetime(2026, 1, 1, 10, tzinfo=UTC),
    ]


def test_an_exception_applies_up_to_its_last_moment(tmp_path):
    ((one,), _) = load(tmp_path)
    expires = one.items[1].expires
    assert in_force(one.items, expires)[1] == ()
    applied, expired = in_force(one.items, expires + timedelta(seconds=1))
    assert ([item.id for item in applied], [item.id for item in expired]) == (["scripts"], ["other"])


@pytest.mark.parametrize("key", ["id", "name", "description", "owner", "reason", "ticket", "expires"])
def test_what_a_file_lacks_is_said(key, tmp_path):
    head, rest = FILE.split("[[lists]]")
    text = "\n".join(line for line in head.splitlines() if not line.startswith(f"{key} =")) + "\n[[lists]]" + rest
    assert f"no `{key}`" in [title for code, _, title in wrong(tmp_path, text) if code == "E303"]


@pytest.mark.parametrize("key", ["id", "name", "rules", "entries"])
def test_what_an_exception_lacks_is_said_where_it_stands(key, tmp_path):
    head, last = FILE.rsplit("[[items]]", 1)
    text = head + "[[items]]" + "\n".join(x for x in last.splitlines() if not x.startswith(f"{key} ="))
    assert ("E303", head.count("\n") + 1) in [(code, line) for code, line, _ in wrong(tmp_path, text)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type = "match", operator', 'type = "regex", operator', "type"),
        ('operator = "included", value = "agent.exe"', 'value = "agent.exe"', "operator"),
        ('operator = "included", value = "agent.exe"', 'operator = "maybe", value = "agent.exe"', "included or excluded"),
        ('value = "agent.exe"', "value = 7", "expected text"),
        ('value = "agent.exe"', 'value = "agent.exe", case = "any"', "case"),
        ('value = ["admin", "root"]', "value = []", "list of texts"),
        ('value = ["admin", "root"]', 'value = "admin"', "list of texts"),
        ('type = "exists", operator = "excluded" }', 'type = "exists", operator = "excluded", value = "x" }', "value"),
        ('list = { id = "scanners", type = "ip" }', 'list = { id = "nobody", type = "ip" }', "nobody"),
        ('list = { id = "scanners", type = "ip" }', 'list = { id = "scanners", type = "keyword" }', "of type ip"),
        ('list = { id = "scanners", type = "ip" }', 'list = "scanners"', "`id` and `type`"),
        ('{ field = "trusted", type = "match"', '{ field = "trusted", type = "wildcard"', "match_any, exists"),
    ],
)  # fmt: skip
def test_a_condition_that_kibana_does_not_have_is_refused(old, new, says, tmp_path):
    assert old in FILE
    found = [(code, title) for code, _, title in wrong(tmp_path, FILE.replace(old, new, 1))]
    assert [code for code, title in found if says in title] == ["E320"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("expires = 2027-06-30", 'expires = "2027-06-30"'),
        ("expires = 2027-06-30", "expires = 2027-06-30T00:00:00"),
        ("expires = 2027-06-30", "expires = 5"),
        ('id = "agent"', 'id = "../agent"'),
        ('rules = ["00000000-0000-4000-8000-000000000001"]', 'rules = ["script_host"]'),
        ('still_fires = ["attack.ndjson"]', 'still_fires = "attack.ndjson"'),
        ('type = "ip"\n', 'type = "text"\n'),
        ('values = ["10.0.0.1", "10.0.0.2"]', "values = []"),
        ('owner = "the team', 'owners = "the team'),
    ],
)
def test_a_wrong_value_is_said(old, new, tmp_path):
    assert old in FILE
    assert "E304" in [code for code, _, _ in wrong(tmp_path, FILE.replace(old, new, 1))]


def test_two_exceptions_of_one_name_are_a_mistake(tmp_path):
    assert "E305" in [code for code, _, _ in wrong(tmp_path, FILE.replace('"other"', '"scripts"'))]


def test_two_files_of_one_name_are_one_and_a_mistake(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(FILE, "utf-8")
    lists, (error,) = load_exceptions([tmp_path])
    assert ([one.path.name for one in lists], error.diagnostics[0].code) == (["a.toml"], "E305")


@pytest.mark.parametrize("text", ["items = 1", "items = [1]", "[[items]]\n[[items.entries]]\nfield = []", "id = ["])
def test_what_is_no_file_of_exceptions_is_said(text, tmp_path):
    assert wrong(tmp_path, text)


def test_the_exceptions_that_come_with_a_pack_have_names():
    assert locate_exceptions("sccm").name == "sccm.toml"
    assert locate_exceptions("com_abuse").name == "exceptions"
    with pytest.raises(PluginError, match="onedrive"):
        locate_exceptions("no-such-exception")


def test_of_a_pack_only_the_exceptions_are_loaded(tmp_path):
    (tmp_path / "pack.toml").write_text('name = "p"\n')
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rule.toml").write_text("no exceptions")
    (tmp_path / "exceptions").mkdir()
    (tmp_path / "exceptions" / "a.toml").write_text(FILE)
    lists, errors = load_exceptions([tmp_path])
    assert ([one.id for one in lists], errors) == (["agent"], [])
