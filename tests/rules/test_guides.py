from __future__ import annotations

import pytest

from comtrap.rules.guides import LIMIT, read_guide

GUIDE = "# A behaviour\n\n## Investigation\n\nLook.\n\n### Closer\n\nAgain.\n\n## Response\n\nAct.\n"


def write(folder, text, name="a_guide"):
    path = folder / "guides" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "rules" / "a.toml"


@pytest.mark.parametrize("text", [GUIDE, GUIDE.replace("\n", "\r\n")])
def test_a_guide_has_two_parts(text, tmp_path):
    found = read_guide(write(tmp_path, text), "a_guide")
    assert found.investigation == "## Investigation\n\nLook.\n\n### Closer\n\nAgain."
    assert found.response == "## Response\n\nAct."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GUIDE.replace("## Response", "## Answer"), "Answer"),
        (GUIDE + "## More\n", "More"),
        ("# Nothing\n", "none"),
        (GUIDE.replace("## Investigation", "## Response", 1), "Response, ## Response"),
        (b"\xff\xfe", "cannot be read"),
        ("x" * (LIMIT + 1), "larger than"),
    ],
)
def test_what_is_no_guide_is_said(text, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        read_guide(write(tmp_path, text), "a_guide")


def test_a_guide_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        read_guide(tmp_path / "rules" / "a.toml", "a_guide")
