from __future__ import annotations

import base64
import pickle

import pytest
from tests.remote.server import KEY

from comtrap.errors import PluginError
from comtrap.remote.access import KEY_VARIABLE, PASSWORD_VARIABLE, USER_VARIABLE, access

PLAIN = base64.b64decode(KEY).decode()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (KEY_VARIABLE, USER_VARIABLE, PASSWORD_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_nobody_asks():
    found = access()
    assert (found.key, found.user, found.password) == (None, "", None)


@pytest.mark.parametrize("text", [KEY, PLAIN, f" {KEY}\n"])
def test_the_key_is_in_the_environment_or_in_a_file(monkeypatch, tmp_path, text):
    (tmp_path / "key").write_text(text)
    monkeypatch.setenv(KEY_VARIABLE, text)

    assert access().key.reveal() == access(key_file=str(tmp_path / "key")).key.reveal() == KEY


def test_a_key_goes_before_a_user(monkeypatch):
    monkeypatch.setenv(USER_VARIABLE, "someone")
    monkeypatch.setenv(PASSWORD_VARIABLE, "a password")
    assert (access().user, access().password.reveal()) == ("someone", "a password")

    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert (access().user, access().password) == ("", None)


def test_a_user_needs_a_password(monkeypatch):
    monkeypatch.setenv(USER_VARIABLE, "someone")
    with pytest.raises(PluginError, match="a user needs a password"):
        access()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": 1e9}, "timeout"),
        ({"ca_file": "missing.pem"}, "no file of certificates"),
        ({"fingerprint": "abc"}, "64 hex digits"),
        ({"key_file": "missing"}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused(options, why):
    with pytest.raises(PluginError, match=why):
        access(**options)


@pytest.mark.parametrize(
    ("text", "why"), [("", "holds no API key"), ("secretsecret secretsecret", "the API key is none")]
)
def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path, text, why):
    (tmp_path / "key").write_text(text)
    with pytest.raises(PluginError, match=why) as refused:
        access(key_file=str(tmp_path / "key"))
    assert "secretsecret" not in str(refused.value)


def test_what_is_secret_is_not_shown_and_is_taken_out_of_texts(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    found = access()

    assert KEY not in repr(found)
    assert found.hidden_in(f"a {KEY} b {PLAIN} c secretsecretsecret") == "a … b … c …"


def test_it_goes_to_another_process_as_it_is(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert pickle.loads(pickle.dumps(access())).key.reveal() == KEY
