from __future__ import annotations

import contextlib
import hashlib
import logging
import ssl
import traceback
from pathlib import Path

import pytest
from tests.deploy.material import client
from tests.deploy.server import KEY, LISTS, RULES, Fault, KibanaServer

from comtrap.deploy import kibana as module
from comtrap.deploy.connection import Connection
from comtrap.deploy.kibana import Kibana
from comtrap.errors import DeployError, PluginError
from comtrap.remote.secret import Secret

FIND = f"{RULES}/_find"
TLS = Path(__file__).parent / "tls"
PRINT = hashlib.sha256(ssl.PEM_cert_to_DER_cert((TLS / "server.pem").read_text())).hexdigest()


@contextlib.contextmanager
def encrypted():
    with KibanaServer() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
        server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
        server.url = server.url.replace("http:", "https:")
        yield server


def found(to):
    with Kibana(to, sleep=lambda _: None, retries=1) as kibana:
        return kibana.get(FIND)["total"]


def test_what_is_not_there_is_none():
    with KibanaServer() as server, client(server) as kibana:
        assert kibana.get(LISTS, list_id="x", namespace_type="single") is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_ever_longer_waits(status):
    waits = []
    with KibanaServer(faults=(Fault(status, times=3),)) as server, client(server, waits) as kibana:
        assert kibana.get(FIND)["total"] == 0

    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "999999999999999"}, 60.0),
        ({"Retry-After": "Mon, 05 Jan 2026 08:00:09 GMT", "Date": "Mon, 05 Jan 2026 08:00:00 GMT"}, 9.0),
        ({"Retry-After": "Mon, 05 Jan 2026 07:00:00 GMT", "Date": "Mon, 05 Jan 2026 08:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "-3"}, 0.5),
    ],
)
def test_a_server_says_when_to_come_again(headers, wait, monkeypatch):
    monkeypatch.setattr("tests.deploy.server._Handler.date_time_string", lambda *_: headers.get("Date", ""))
    given = {name: value for name, value in headers.items() if name != "Date"}
    waits = []
    with KibanaServer(faults=(Fault(429, headers=given),)) as server, client(server, waits) as kibana:
        kibana.get(FIND)

    assert waits == [wait]


def test_patience_has_an_end():
    waits = []
    with KibanaServer(faults=(Fault(503, times=99),)) as server, client(server, waits) as kibana:
        with pytest.raises(DeployError) as ended:
            kibana.get(FIND)

        assert (ended.value.status, "told to fail" in ended.value.body) == (503, True)
        assert (len(server.requests), waits) == (5, [0.5, 1.0, 2.0, 4.0])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
def test_a_refusal_is_not_asked_again(status):
    with KibanaServer(faults=(Fault(status, times=99),)) as server, client(server) as kibana:
        with pytest.raises(DeployError) as ended:
            kibana.send("DELETE", RULES, rule_id="x")

        assert ended.value.status == status
        assert len(server.requests) == 1


def test_a_redirect_is_not_followed():
    fault = Fault(302, headers={"Location": "https://elsewhere.example/"})
    with KibanaServer(faults=(fault,)) as server, client(server) as kibana, pytest.raises(DeployError, match="302"):
        kibana.get(FIND)


@pytest.mark.parametrize("how", ["reset", "garbage", "silence"])
def test_no_answer_is_an_error_with_status_and_body(how):
    faults = (Fault(how, times=99),)
    with (
        KibanaServer(faults=faults, patience=0.3) as server,
        client(server, timeout=0.15, retries=1) as kibana,
        pytest.raises(DeployError) as ended,
    ):
        kibana.get(FIND)

    assert ended.value.status == (200 if how == "garbage" else 0)
    assert ("proxy's page" in ended.value.body) == (how == "garbage")


def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST", 10)
    with KibanaServer() as server, client(server, retries=0) as kibana, pytest.raises(DeployError, match="not JSON"):
        kibana.get(FIND)


def asked_with(url, key):
    """What is raised, in words with all variables of the code under test, and the objects that know the key."""
    to = Connection(url, key)
    with Kibana(to, sleep=lambda _: None) as kibana:
        try:
            kibana.get(FIND)
        except DeployError as error:
            said = traceback.TracebackException.from_exception(error, capture_locals=True).format()
            return "".join(said), str(error), error.body, repr(error.args), repr(kibana), repr(to), repr(key)
    return ()


@pytest.mark.parametrize("depth", [65, 100_000])
def test_an_answer_that_is_nested_too_deep_is_none(depth, monkeypatch):
    monkeypatch.setattr(module, "_read", lambda *_: "[" * depth + "]" * depth)
    with KibanaServer() as server, client(server, retries=0) as kibana, pytest.raises(DeployError, match="not JSON"):
        kibana.get(FIND)


def test_the_key_is_in_no_error_and_no_traceback():
    with KibanaServer() as server:
        said = asked_with(server.url, Secret(KEY[:-4] + "AAAA"))  # the server's answer repeats the key

    assert "401" in said[1]
    assert "unable to authenticate" in said[2]
    assert "kibana.py" in said[0]
    for text in said:
        assert KEY[:-4] not in text
        assert "secretsecret" not in text


@pytest.mark.parametrize("how", [None, 401, 500, "reset", "garbage"])
def test_the_key_is_in_no_log(how, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, name)
    with KibanaServer(faults=(Fault(how, times=9),) if how else ()) as server, client(server, retries=0) as kibana:
        with contextlib.suppress(DeployError):
            kibana.upload(f"{RULES}/_import", "{}\n")
        said = "\n".join(f"{record.getMessage()} {record.args!r} {vars(record)!r}" for record in caplog.records)

    assert "send_request_headers" in said
    for form in (KEY, "secretsecret", "ApiKey"):
        assert form not in said


def test_what_is_not_encrypted_goes_through_no_proxy(monkeypatch):
    """It would read the key."""
    with KibanaServer() as server, KibanaServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with client(server, retries=0) as kibana:
            assert kibana.get(FIND)["total"] == 0
        assert (len(server.requests), proxy.requests) == (1, [])


def test_a_redirect_says_that_it_is_not_followed():
    with (
        KibanaServer(faults=(Fault(302, headers={"Location": "http://127.0.0.1:1/"}),)) as server,
        client(server, retries=0) as kibana,
        pytest.raises(DeployError, match="Redirects are not followed"),
    ):
        kibana.get(FIND)


def test_each_wait_is_told():
    told = []
    faults = (Fault(429, headers={"Retry-After": "7"}), Fault(503))
    with KibanaServer(faults=faults) as server, client(server, told=told.append) as kibana:
        kibana.get(FIND)

    assert [line.rpartition("; ")[2] for line in told] == ["asked again in 7 s", "asked again in 1 s"]


def test_an_authority_that_is_not_known_is_not_trusted():
    with encrypted() as server, pytest.raises(DeployError, match="certificate verify failed"):
        found(Connection(server.url, Secret(KEY)))


def test_an_authority_that_is_named_is_trusted():
    with encrypted() as server:
        assert found(Connection(server.url, Secret(KEY), ca_file=TLS / "server.pem")) == 0
        with pytest.raises(DeployError, match="certificate verify failed"):
            found(Connection(server.url, Secret(KEY), ca_file=TLS / "other.pem"))


def test_a_file_without_certificates_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(PluginError, match="no certificates"):
        found(Connection("https://localhost:1", Secret(KEY), ca_file=tmp_path / "ca.pem"))


def test_the_certificate_of_the_fingerprint_is_trusted_and_no_other():
    with encrypted() as server:
        assert found(Connection(server.url, Secret(KEY), fingerprint=PRINT)) == 0
        with pytest.raises(PluginError, match="was expected"):
            found(Connection(server.url, Secret(KEY), fingerprint="0" * 64))
        assert len(server.requests) == 1


def test_a_server_that_is_not_there_has_no_fingerprint():
    with pytest.raises(PluginError, match="shows no certificate"):
        found(Connection("https://127.0.0.1:1", Secret(KEY), fingerprint=PRINT))
