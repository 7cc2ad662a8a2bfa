from __future__ import annotations

import hashlib
import json
import ssl

import msgspec
import pytest
from tests.remote.server import KEY, PASSWORD, TLS, USER, ElasticServer, Fault

from comtrap.errors import DeployError, PluginError
from comtrap.remote import elasticsearch
from comtrap.remote.access import Access
from comtrap.remote.address import address
from comtrap.remote.elasticsearch import Cluster
from comtrap.remote.secret import Secret

PRINT = hashlib.sha256(ssl.PEM_cert_to_DER_cert((TLS / "server.pem").read_text())).hexdigest()


def opened(server, slept=None, **more):
    """The answer to the opening of a point in time."""
    access = Access(**({"key": Secret(KEY), "timeout": 5.0} | more))
    url = address(f"{server.url}/logs").url
    with Cluster(url, access, sleep=([] if slept is None else slept).append) as cluster:
        answer = cluster.ask("open", lambda client: client.open_point_in_time(index="logs", keep_alive="1m"))
    return msgspec.json.decode(answer["id"])


def refused(server, *faults, **more):
    """What is said of a failure that lasts."""
    server.faults = [Fault(how, times=99) for how in faults]
    with pytest.raises(DeployError) as error:
        opened(server, **more)
    return str(error.value)


@pytest.fixture
def server():
    with ElasticServer({"logs": []}) as one:
        yield one


def test_an_answer_is_its_members(server):
    assert opened(server) == "point-1"


def test_a_user_may_ask(server):
    assert opened(server, key=None, user=USER, password=Secret(PASSWORD)) == "point-1"


def test_nobody_may_ask_where_there_is_no_security(server):
    server.secured = False
    assert opened(server, key=None) == "point-1"


@pytest.mark.parametrize("how", [429, 500, 502, 503, 504, "reset", "lost", "cut"])
def test_what_may_be_better_the_next_time_is_asked_again(server, how):
    server.faults = [Fault(how, times=2)]
    slept = []

    assert opened(server, slept).startswith("point-")
    assert slept == [0.5, 1.0]


def test_a_server_that_says_how_long_it_is_busy_is_believed_to_a_bound(server):
    server.faults = [Fault(429, headers={"Retry-After": "7"}), Fault(429, headers={"Retry-After": "99999"})]
    slept = []

    opened(server, slept)
    assert slept == [7.0, 60.0]


def test_in_the_end_it_is_given_up(server):
    slept = []
    assert refused(server, 503, slept=slept) == "open: Elasticsearch answers 503: told_to_fail_exception: told to fail"
    assert slept == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_what_will_be_no_better_is_asked_once(server, status):
    slept = []
    assert f"Elasticsearch answers {status}" in refused(server, status, slept=slept)
    assert slept == []


def test_a_wrong_key_is_said_and_not_shown(server):
    said = refused(server, key=Secret(KEY[:-4] + "AAAA"))  # the server's answer repeats the key
    assert "answers 401: security_exception" in said
    assert "is the API key right" in said
    assert KEY[:-4] not in said


def test_a_missing_index_is_named(server):
    server.indices.clear()
    assert "404: index_not_found_exception: no such index [logs]" in refused(server)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("garbage", "is not JSON"),
        (lambda _: b"[1, 2]", "not what Elasticsearch gives"),
        (lambda _: b'"text"', "not what Elasticsearch gives"),
        (lambda _: b'{"id": "\\ud800"', "not what Elasticsearch gives"),
        (lambda _: b'{"id": ', "not what Elasticsearch gives"),
        (lambda _: b'{"\xff\xfe": 1}', "not what Elasticsearch gives"),
        (lambda _: b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not what Elasticsearch gives"),
    ],
)
def test_an_answer_that_is_no_object_is_said(server, how, why):
    assert why in refused(server, how)


def test_another_product_is_not_asked_further(server):
    server.product = ""
    assert "is not an Elasticsearch" in refused(server)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr(elasticsearch, "LARGEST", 1 << 20)
    slept = []

    assert "more than 1 MiB" in refused(server, lambda _: b" " * (1 << 21), slept=slept)
    assert slept == []


@pytest.mark.parametrize("how", ["silence", "drip"])
def test_an_answer_that_does_not_come_is_waited_for_so_long_and_no_longer(server, how):
    server.patience = 1.0
    assert "no answer from" in refused(server, how, timeout=0.2)


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(DeployError, match=r"no answer from http://127\.0\.0\.1:1:"):
        Cluster("http://127.0.0.1:1", Access(), sleep=lambda _: None).ask("x", lambda client: client.info())


def test_what_a_server_says_is_cut_and_is_one_line(server):
    server.faults = [Fault(400)]
    body = {"error": {"type": "a", "reason": "x\n" * 5_000}}
    server.answer = lambda *_: (_ for _ in ()).throw(_failed(body))
    said = refused(server)
    assert len(said) < 700
    assert "\n" not in said


def _failed(body):
    from tests.remote.server import AnsweredError  # noqa: PLC0415

    error = AnsweredError(400, "", "")
    error.body = json.loads(json.dumps(body))
    return error


def test_a_certificate_is_to_be_signed_by_who_is_trusted():
    with ElasticServer({"logs": []}, tls=True) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(server)
        assert "CERTIFICATE_VERIFY_FAILED" in refused(server, ca_file=TLS / "other.pem")
        assert opened(server, ca_file=TLS / "server.pem").startswith("point-")


def test_a_fingerprint_says_which_certificate_is_trusted():
    with ElasticServer({"logs": []}, tls=True) as server:
        said = refused(server, fingerprint="0" * 64)
        assert "Fingerprints did not match" in said
        assert server.requests == []  # nothing was said to the wrong one
        assert opened(server, fingerprint=PRINT) == "point-1"


def test_a_file_without_certificates_is_said(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(PluginError, match="holds no certificates"):
        Cluster("https://localhost:1", Access(ca_file=tmp_path / "ca.pem"))
