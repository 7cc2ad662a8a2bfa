"""Passwords of encrypted archives."""

from __future__ import annotations

import json
from argparse import ArgumentParser

import pytest
from tests.material import process
from tests.sources.test_archives import encrypted

from comtrap.cli.main import main
from comtrap.cli.passwords import ENVIRONMENT, MOST, add_passwords, passwords_of
from comtrap.errors import SourceError

SECRET = "s\u00e9cret-42"


def given(*arguments):
    parser = ArgumentParser()
    add_passwords(parser)
    return passwords_of(parser.parse_args([str(each) for each in arguments]))


@pytest.fixture
def archive(tmp_path):
    """One event in an encrypted member."""
    path = tmp_path / "logs.zip"
    path.write_bytes(encrypted({"events.json": json.dumps(process(0, 1)).encode() + b"\n"}, SECRET.encode()))
    return str(path)


COMMANDS = {
    "scan": lambda path: ["scan", path, "--format", "ndjson", "--jobs"],
    "query": lambda path: ["query", "any where true", path, "--jobs"],
}


def test_without_any_there_are_none(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)

    assert given() == ()


def test_options_come_first_then_files_then_the_environment_and_each_once(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, "environment")
    file = tmp_path / "passwords"
    file.write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo words \nfirst")

    assert given("--password", "first", "--password-file", file) == (b"first", b"one", b"two words ", b"environment")


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        given("--password-file", tmp_path / "none")


def test_more_than_are_tried_is_said(tmp_path):
    file = tmp_path / "passwords"
    file.write_text("\n".join(map(str, range(MOST + 1))))
    with pytest.raises(SourceError, match="more than 1,000 passwords"):
        given("--password-file", file)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_encrypted_archive_is_read(command, jobs, archive, capsys):
    assert main([*COMMANDS[command](archive), jobs, "--password", SECRET, "--strict"]) == 0
    assert "1 event" in capsys.readouterr().err


def test_an_encrypted_archive_is_converted(archive, monkeypatch, capsys):
    monkeypatch.setenv(ENVIRONMENT, SECRET)

    assert main(["convert", archive, "--to", "ndjson"]) == 0
    assert json.loads(capsys.readouterr().out)["process"]["name"] == "cmd.exe"


def test_without_its_password_it_is_said_how_to_give_it(archive, monkeypatch, capsys):
    monkeypatch.delenv(ENVIRONMENT, raising=False)

    assert main(["convert", archive, "--to", "ndjson"]) == 3
    assert "--password" in capsys.readouterr().err


def test_a_password_is_never_printed(archive, tmp_path, capsys):
    stats = tmp_path / "stats.json"
    main(["scan", archive, "--password", "not-" + SECRET, "--stats", str(stats)])
    said = capsys.readouterr()

    assert "none of the passwords given" in said.err
    assert SECRET not in said.out + said.err + stats.read_text()
