"""A cluster of Elasticsearch, through its official client: one request at a time, repeated where that may help.

This is the one module that knows the client. Answers are bounded in size and time, and what is found in them is left as the
bytes that were sent (`msgspec.Raw`) until someone knows what it has to be.
"""

from __future__ import annotations

import json
import re
import ssl
import time
import warnings
from typing import TYPE_CHECKING, Any, Self

import msgspec
from elastic_transport import JsonSerializer, SerializationError, TlsError, TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch, ElasticsearchWarning, UnsupportedProductError

from comtrap.errors import DeployError, PluginError
from comtrap.remote.answers import UNREADABLE, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from elastic_transport import NodeConfig

    from comtrap.remote.access import Access

RETRIES = 4
LONGEST_WAIT = 60.0  # seconds between two tries, whatever the server asks for
LARGEST = 64 << 20  # bytes of an answer, unpacked
_FIRST_WAIT = 0.5
_AGAIN = frozenset({429, 500, 502, 503, 504})
_SHOWN = 500  # characters of an answer in an error
_PIECE_BYTES = 1 << 18
_MEMBERS = dict[str, msgspec.Raw]
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_JSON = ("application/json", "application/vnd.elasticsearch+json")
_HINTS = {
    401: "; is the API key right, and still valid?",
    403: "; the API key lacks a privilege: read on what is read, create on what is written",
}
TOO_LARGE = 413
"""The status of an answer that is too large for us; the server's own, where a request is too large for it."""


class Cluster:
    """A cluster, open until closed. Several threads may ask at once."""

    def __init__(self, url: str, access: Access, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Open it; nothing is sent yet.

        Args:
            url: with scheme, host and port.
            access: who asks.
            sleep: waits between two tries.

        Raises:
            PluginError: the certificates cannot be read.
        """
        self.url = url
        self._access = access
        self._sleep = sleep
        # What a server warns of would be printed as it is, and is about the API, not about what is found.
        warnings.simplefilter("ignore", ElasticsearchWarning)
        options = _trust(url, access)
        if access.key is not None:
            options["api_key"] = access.key.reveal()
        elif access.password is not None:
            options["basic_auth"] = (access.user, access.password.reveal())
        self.client = Elasticsearch(
            url,
            node_class=_BoundedNode,
            serializers={kind: _Serializer() for kind in _JSON},
            max_retries=0,
            request_timeout=access.timeout,
            http_compress=True,
            **options,
        )

    @property
    def timeout(self) -> float:
        """Seconds that an answer is waited for."""
        return self._access.timeout

    def __repr__(self) -> str:
        return f"Cluster({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def ask(
        self, what: str, request: Callable[[Elasticsearch], Any], *, retries: int = RETRIES
    ) -> Mapping[str, msgspec.Raw]:
        """The answer to a request that may be made twice, its members not yet decoded.

        Args:
            what: the request in a few words, for messages.
            request: makes it.
            retries: how often it is repeated where the server is busy, broken or out of reach.

        Raises:
            DeployError: it was refused, or there was no answer that can be read. The message holds no secret.
        """
        for attempt in range(retries + 1):
            try:
                return self._once(what, request)
            except _AgainError as again:
                if attempt == retries:
                    raise again.error from None
                wait = again.wait if again.wait is not None else _FIRST_WAIT * 2**attempt
                self.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._sleep(min(seconds, LONGEST_WAIT))

    def _once(self, what: str, request: Callable[[Elasticsearch], Any]) -> Mapping[str, msgspec.Raw]:
        try:
            body = request(self.client).body
        except UnsupportedProductError:
            raise DeployError(f"{what}: {self.url} is not an Elasticsearch", 0, "") from None
        except ApiError as error:
            status = int(error.meta.status)
            failed = self._refused(what, status, error.body)
            if status in _AGAIN:
                raise _AgainError(failed, _retry_after(error.meta.headers.get("retry-after"))) from None
            raise failed from None
        except TlsError as error:
            raise self._lost(what, error) from None
        except TransportError as error:
            if any(isinstance(inner, TooLargeError) for inner in _causes(error)):
                raise DeployError(f"{what}: the answer has more than {LARGEST >> 20} MiB", TOO_LARGE, "") from None
            raise _AgainError(self._lost(what, error), None) from None
        if not isinstance(body, dict):
            raise DeployError(f"{what}: the answer of {self.url} is not JSON: {self._short(str(body))}", 200, "")
        return body

    def _refused(self, what: str, status: int, body: Any) -> DeployError:
        said = self._short(reason(body))
        return DeployError(f"{what}: Elasticsearch answers {status}: {said}{_HINTS.get(status, '')}", status, said)

    def _lost(self, what: str, error: TransportError) -> DeployError:
        return DeployError(f"{what}: no answer from {self.url}: {self._short(error.message)}", 0, "")

    def _short(self, text: str) -> str:
        text = " ".join(self._access.hidden_in(text).split())
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _trust(url: str, access: Access) -> dict[str, Any]:
    """How the server proves to be the right one.

    Raises:
        PluginError: the certificates cannot be read.
    """
    if not url.startswith("https:"):
        return {}
    if access.fingerprint:
        return {"ssl_assert_fingerprint": access.fingerprint}
    if access.ca_file is None:
        return {}
    try:
        return {"ssl_context": ssl.create_default_context(cafile=str(access.ca_file))}
    except (OSError, ssl.SSLError) as error:
        raise PluginError(f"{access.ca_file} holds no certificates: {error}") from None


class _AgainError(Exception):
    """A failure that may be none the next time; `wait` is how many seconds the server asks for."""

    def __init__(self, error: DeployError, wait: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class TooLargeError(Exception):
    """An answer that has more bytes than any of those that are asked for."""


class _Serializer(JsonSerializer):
    """Answers as their members, whose text stays as it is."""

    def loads(self, data: bytes) -> Any:
        """Called by the client for each answer."""
        try:
            try:
                return msgspec.json.decode(data, type=_MEMBERS)
            except UNREADABLE:
                if _SURROGATE.search(data) is None:
                    raise
                return msgspec.json.decode(_mended(data), type=_MEMBERS)
        except (*UNREADABLE, ValueError) as error:
            raise SerializationError(f"the answer is not what Elasticsearch gives: {error}", errors=(error,)) from None


def _mended(data: bytes) -> bytes:
    """JSON with U+FFFD for halves of surrogate pairs, which a document may have.

    Raises:
        ValueError: it is no JSON.
    """
    text = json.dumps(json.loads(data), ensure_ascii=False)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class _BoundedNode(Urllib3HttpNode):
    """A node whose answers are read to a bound: so many bytes, and so many times the timeout."""

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self.pool: Any = _BoundedPool(self.pool)


class _BoundedPool:
    """What the client asks of its pool of connections."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def urlopen(self, method: str, target: str, *, timeout: float, **more: Any) -> _Answer:
        """An answer, read whole."""
        answer = self._pool.urlopen(method, target, preload_content=False, redirect=False, timeout=timeout, **more)
        try:
            data = _read(answer, time.monotonic() + 2 * timeout)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return _Answer(answer.status, answer.headers, data)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Answer:
    """What the client asks of an answer."""

    def __init__(self, status: int, headers: Any, data: bytes) -> None:
        self.status = status
        self.headers = headers
        self.data = data


def _read(answer: Any, until: float) -> bytes:
    """All of an answer's bytes, unpacked.

    Raises:
        TooLargeError: there are more than any answer has.
        TimeoutError: they come too slowly.
    """
    found = bytearray()
    while piece := answer.read1(_PIECE_BYTES, decode_content=True):
        found += piece
        if len(found) > LARGEST:
            raise TooLargeError("too many bytes")
        if time.monotonic() > until:
            raise TimeoutError("the answer takes too long")
    return bytes(found)


def _causes(error: BaseException | None) -> list[BaseException]:
    out: list[BaseException] = []
    while error is not None and len(out) < 8:
        out.append(error)
        error = error.__cause__
    return out


def _retry_after(given: str | None) -> float | None:
    """Seconds; dates are passed over."""
    text = (given or "").strip()
    return min(float(text[:9]), LONGEST_WAIT) if text.isascii() and text.isdigit() else None
