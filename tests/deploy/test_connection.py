from __future__ import annotations

import pytest
from tests.deploy.server import KEY

from comtrap.deploy.connection import KEY_VARIABLE, URL_VARIABLE, connection
from comtrap.errors import PluginError
from comtrap.remote.secret import Secret

URL = "https://kibana.example:5601"
PLAIN = "id00000000000000000001:secretsecretsecret"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv(KEY_VARIABLE, KEY)


def test_the_environment_says_what_is_not_given(monkeypatch):
    monkeypatch.setenv(URL_VARIABLE, f"{URL}/")

    found = connection(None)
    assert (found.url, found.key.reveal(), found.base) == (URL, KEY, URL)


def test_a_key_may_be_in_a_file_and_may_be_plain(tmp_path):
    (tmp_path / "key").write_text(f"  {PLAIN}\n")

    assert connection(URL, key_file=str(tmp_path / "key")).key.reveal() == KEY


def test_a_space_stands_in_the_path():
    assert connection(URL, space="soc").base == f"{URL}/s/soc"


def test_a_fingerprint_may_have_colons():
    assert connection(URL, fingerprint=":".join(["AB"] * 32)).fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (None, "no Kibana"),
        ("kibana.example", "is no URL"),
        ("ftp://kibana.example", "is no URL"),
        ("https://kibana.example?x=1", "is no URL"),
        ("https://kibana.example:port", "cannot be read"),
        ("http://kibana.example", "not encrypted"),
        ("http://10.0.0.1:5601", "not encrypted"),
        ("https://elastic:secretsecret@kibana.example", "holds a user or a password"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url, why):
    with pytest.raises(PluginError, match=why) as refused:
        connection(url)
    assert "secretsecret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:5601", "http://127.0.0.1:1", "http://[::1]:1"])
def test_on_this_machine_nothing_needs_to_be_encrypted(url):
    assert connection(url).url == url


@pytest.mark.parametrize("key", ["", "short", "with blank inside it", "line\nInjected: header", "ключключключ"])
def test_a_key_that_is_none_is_refused_and_not_shown(monkeypatch, key):
    monkeypatch.setenv(KEY_VARIABLE, key)

    with pytest.raises(PluginError) as refused:
        connection(URL)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(
    "more",
    [
        {"space": "../x"},
        {"ca_file": "none.pem"},
        {"fingerprint": "ab"},
        {"key_file": "none"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
    ],
)
def test_what_else_cannot_be_used_is_refused(more):
    with pytest.raises(PluginError):
        connection(URL, **more)


def test_a_secret_is_hidden_in_all_its_forms():
    secret = Secret(KEY)

    assert repr(secret) == f"{secret}" == "Secret(…)"
    assert secret.hidden_in(f"a {KEY} b {PLAIN} c secretsecretsecret d") == "a … b … c … d"
