from __future__ import annotations

import tomllib

import pytest
from tests.material import rule_file

from comtrap.errors import ParseError, RuleError, SourceError
from comtrap.rules.rewrite import laid_out, of_query, replace

UGLY = "process   where process.name==1"
NEAT = "process where process.name == 1"
LONG = f'any where a=="{"x" * 60}" and b=="{"x" * 60}"'


@pytest.fixture
def rewritten(tmp_path):
    """What becomes of a rule's file with this text."""

    def of(text):
        path = tmp_path / "rule.toml"
        path.write_bytes(text.encode())
        found = laid_out(path)
        assert found is None or found[0] == text
        return None if found is None else found[1]

    return of


def test_all_but_the_query_stays_byte_for_byte(rewritten):
    around = "# query = 'x'\nname = \"query = '''\"  # one\r\n\tkeys=[ 1, # ]\n 'a]' ]\n{}\n\n[other]\nquery = 'a  b'\n"
    text = around.format(f"query   =   '''\n{UGLY}\n'''   # why")

    found = rewritten(text)

    assert found == around.format(f"query   =   '''\r\n{NEAT}\r\n'''   # why")


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        (f"'''\n{UGLY}\n'''", f"'''\n{NEAT}\n'''"),
        (f"'''{UGLY}'''", f"'''\n{NEAT}\n'''"),
        (f'"""\n\n  {UGLY}"""', f'"""\n{NEAT}\n"""'),
        (f"'{UGLY}'", f"'{NEAT}'"),
        (f'"{UGLY}"', f'"{NEAT}"'),
        (f"'{NEAT}'", f"'{NEAT}'"),
        (r'''"any where  a:\"b\\\\c\""''', r'''"any where a : \"b\\\\c\""'''),
        (r'''"""any where  a:"b\\\\c" and c:\"""d\"""  """''', '"""\nany where a : "b\\\\\\\\c" and c : ""\\"d""\\"\n"""'),
        (r'''"any where  a:\"\u0007\""''', r'''"any where a : \"\u0007\""'''),
        ("\"any where a // it's\\n\"", "\"any where a // it's\""),
        ("\"any where a and // it's\\nb\"", '"""\nany where a and // it\'s\n  b\n"""'),
    ],
)  # fmt: skip
def test_a_query_keeps_its_quotes_where_it_can(rewritten, written, becomes):
    assert rewritten(f"query = {written}\n") == f"query = {becomes}\n"


def test_a_query_of_one_line_that_needs_several_gets_quotes_for_several(rewritten):
    found = rewritten(f"query = '{LONG}'\nname = 1\n")

    assert found.startswith("query = '''\nany where a == ")
    assert found.endswith("\"\n'''\nname = 1\n")


@pytest.mark.parametrize(
    "head", ["[rule]\n", '[ "rule" ] # x\n', "[a.b]\nquery = 'x  y'\n[[c]]\nquery = 'x'\n[rule]\nid = 1\n"]
)
def test_a_query_stands_in_the_table_rule_as_well(rewritten, head):
    assert rewritten(f"{head}query = '{UGLY}'\n[rule.more]\nquery = 'a  b'\n") == (
        f"{head}query = '{NEAT}'\n[rule.more]\nquery = 'a  b'\n"
    )


def test_a_dotted_key_is_a_key(rewritten):
    assert rewritten(f"rule . query = '{UGLY}'\n") == f"rule . query = '{NEAT}'\n"


@pytest.mark.parametrize(
    "text", ["name = 'a'\n", "query = 1\n", "rule = 1\n", "[rule]\nname = 1\n", "language = 'kuery'\nquery = 'a:b'\n", "[rule]\ntype = 'esql'\nquery = 'a:b'\n"]
)  # fmt: skip
def test_a_file_without_eql_is_left_alone(rewritten, text):
    assert rewritten(text) is None


def test_a_rule_says_that_it_is_eql(rewritten):
    head = "[rule]\nlanguage = 'eql'\ntype = 'eql'\n"

    assert rewritten(f"{head}query = '{UGLY}'") == f"{head}query = '{NEAT}'"


def test_a_query_in_a_place_of_its_own_is_refused(rewritten):
    with pytest.raises(SourceError, match="cannot be changed where it stands"):
        rewritten(f"rule = {{ query = '{UGLY}' }}\n")


def test_a_wrong_query_is_shown_where_it_stands(rewritten, tmp_path):
    with pytest.raises(RuleError) as raised:
        rewritten("name = 1\nquery = '''\nprocess where\n  (a\n'''\n")

    assert f"{tmp_path / 'rule.toml'}:4:3" in str(raised.value)


def test_no_toml_is_a_wrong_rule(rewritten):
    with pytest.raises(RuleError, match="E302"):
        rewritten("query = '''")


def test_a_file_of_the_house_says_the_same_as_before(tmp_path):
    path = rule_file(tmp_path / "rule.toml", UGLY)

    before, after = laid_out(path)

    assert tomllib.loads(after) == tomllib.loads(before) | {"query": f"{NEAT}\n"}


def test_any_other_file_is_a_query(tmp_path):
    path = tmp_path / "a.eql"
    path.write_bytes(b"\xef\xbb\xbfany where a // x\r\nand b")

    assert laid_out(path) == ("\ufeffany where a // x\r\nand b", "\ufeffany where a and // x\r\n  b\r\n")


def test_a_wrong_query_has_the_name_of_its_file(tmp_path):
    path = tmp_path / "a.eql"
    path.write_text("any where (")

    with pytest.raises(ParseError, match=r"a\.eql:1:12"):
        laid_out(path)


@pytest.mark.parametrize("data", [b"any where \xff", b"x" * (1 << 20) + b"x"])
def test_what_is_no_text_or_too_large_is_refused(tmp_path, data):
    path = tmp_path / "a.eql"
    path.write_bytes(data)

    with pytest.raises(SourceError, match=r"a\.eql: "):
        laid_out(path)


def test_a_query_ends_in_a_line_feed():
    assert of_query("any where true") == "any where true\n"


def test_replacing_keeps_mode_and_link(tmp_path):
    path, link = tmp_path / "a", tmp_path / "b"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)

    replace(link, "néw\r\n")

    assert path.read_bytes() == "néw\r\n".encode()
    assert (path.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_replacing_a_file_that_cannot_be_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()

    with pytest.raises(OSError, match="a"):
        replace(folder, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
