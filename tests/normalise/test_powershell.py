from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.normalise.build import POWERSHELL, at, event

from comtrap.normalise.powershell import LIMIT, classic, context, details, signature


def test_the_pairs_of_a_context_are_read():
    written = "        Host Name = ConsoleHost\n        Script Name = \n        User = EXAMPLE\\alice\r\n"
    assert context(written) == {"HostName": "ConsoleHost", "User": "EXAMPLE\\alice"}


def test_a_command_of_several_lines_stays_whole():
    written = "        Host Application = powershell -c a\n  b = c\nd\n        Engine Version = 5.1"
    assert context(written) == {"HostApplication": "powershell -c a\n  b = c\nd", "EngineVersion": "5.1"}


def test_the_older_log_keeps_blanks_before_a_value():
    written = "\tHostName=ConsoleHost\n\n\tPipelineId=\n\tCommandLine=   Get-Item x=1"
    assert classic(written) == {"HostName": "ConsoleHost", "CommandLine": "   Get-Item x=1"}


def test_details_keep_their_quotes_and_go_over_lines():
    written = (
        'CommandInvocation(Set-Content): "Set-Content"\nParameterBinding(Set-Content): name="Value"; value="one\ntwo"\n'
    )
    assert details(written) == [
        {"type": "CommandInvocation", "related_command": "Set-Content", "value": '"Set-Content"'},
        {"type": "ParameterBinding", "related_command": "Set-Content", "name": '"Value"', "value": '"one\ntwo"'},
    ]


def test_what_is_no_detail_gives_nothing():
    assert details("") is None
    assert details("just text") is None


def test_details_are_read_up_to_the_limit():
    assert len(details('CommandInvocation(a): "a"\n' * (LIMIT + 10))) == LIMIT


def test_a_signature_is_the_text_of_its_block():
    script = "dir\n# SIG # Begin signature block\r\n# AAAA\r\n# BBBB\r\n# SIG # End signature block\n"
    assert signature(script).strip() == "AAAABBBB"
    assert signature("dir") is None


def test_a_local_user_alone_is_the_user():
    document = event((POWERSHELL, 4103), {"ContextInfo": "        User = EXAMPLE\\alice\n        Connected User = "})
    assert at(document, "user.name") == "alice"
    assert at(document, "destination") is None
    assert at(document, "source") is None


def test_a_hosts_own_id_is_not_the_id_of_a_process():
    document = event((POWERSHELL, 4103), {"ContextInfo": "        Host ID = 11111111-2222-3333-4444-555555555555"})
    assert at(document, "process.entity_id") == "11111111-2222-3333-4444-555555555555"
    assert at(document, "comtrap.process.entity_id") is None


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    context(text)
    classic(text)
    details(text)
    signature(text)


def test_long_texts_are_read_in_linear_time():
    lines = "x\n" * 500_000
    assert details(f'ParameterBinding(a): name="b"; value="{lines}"') is not None
    assert len(context(f"        Host Application = {lines}")["HostApplication"]) > 900_000
    assert signature("# SIG # Begin signature block\n" * 100_000) is None
