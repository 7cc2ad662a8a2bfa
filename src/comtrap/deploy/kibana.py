"""Kibana's API: one request at a time, repeated where that may help.

Whatever is asked here may be asked twice: reads, writes by id, imports that overwrite, and deletions. A creation that is
repeated after its first answer was lost is answered with 409, and that is for the caller to read.
"""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self

import httpx

from comtrap.deploy.connection import tls
from comtrap.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from types import TracebackType

    from comtrap.deploy.connection import Connection
    from comtrap.remote.secret import Secret

RETRIES = 4
LONGEST_WAIT = 60.0  # seconds between two tries, whatever the server asks for
_FIRST_WAIT = 0.5
_AGAIN = {429, 500, 502, 503, 504}
_LARGEST = 64 << 20  # bytes of an answer
_DEEPEST = 64  # levels of an answer
_SHOWN = 2_000  # characters of an answer in an error
_MISSING = 404


class Kibana:
    """A space of a Kibana, open until closed."""

    def __init__(
        self,
        to: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        retries: int = RETRIES,
        told: Callable[[str], None] = lambda _why: None,
    ) -> None:
        """Open it; nothing is sent yet.

        Args:
            to: the space.
            sleep: waits so many seconds.
            retries: how often to ask again.
            told: called with the reason before each wait.

        Raises:
            PluginError: its certificate is not the one that is expected.
        """
        self._to = to
        self._sleep = sleep
        self._retries = retries
        self._told = told
        self._http = httpx.Client(
            headers={"kbn-xsrf": "comtrap", "elastic-api-version": "2023-10-31", "User-Agent": "comtrap"},
            auth=_ApiKey(to.key),
            timeout=to.timeout,
            verify=tls(to),
            follow_redirects=False,
            # What is not encrypted stays on this machine: a proxy of the environment would read the key.
            trust_env=not to.url.startswith("http:"),
        )

    def __repr__(self) -> str:
        return f"Kibana({self._to.base!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._sleep(min(seconds, LONGEST_WAIT))

    def read(self, path: str, **parameters: str | int) -> Any:
        """What stands at a path that every space has.

        Raises:
            DeployError: it was refused, or there was no answer that can be read.
        """
        try:
            return self._ask("GET", path, parameters)
        except DeployError as error:
            if error.status != _MISSING:
                raise
            where = (
                f"is {self._to.url} Kibana, with its base path if it has one, and is there a space {self._to.space}?"
            )
            raise DeployError(f"{error}; {where}", error.status, error.body) from None

    def get(self, path: str, **parameters: str | int) -> Any:
        """What stands at a path, or None where there is nothing (404).

        Raises:
            DeployError: it was refused, or there was no answer that can be read.
        """
        try:
            return self._ask("GET", path, parameters)
        except DeployError as error:
            if error.status == _MISSING:
                return None
            raise

    def send(self, method: str, path: str, body: Any = None, **parameters: str | int) -> Any:
        """The answer to a request with a JSON body.

        Raises:
            DeployError: it was refused, or there was no answer that can be read.
        """
        return self._ask(method, path, parameters, json=body)

    def upload(self, path: str, text: str, **parameters: str | int) -> Any:
        """The answer to a request with a file of NDJSON.

        Raises:
            DeployError: it was refused, or there was no answer that can be read.
        """
        file = ("comtrap.ndjson", text.encode(), "application/ndjson")
        return self._ask("POST", path, parameters, files={"file": file})

    def _ask(self, method: str, path: str, parameters: Mapping[str, str | int], **body: Any) -> Any:
        """Ask, and ask again after a while where the server is busy, broken or out of reach."""
        for attempt in range(self._retries + 1):
            try:
                return self._once(method, path, parameters, body)
            except _AgainError as again:
                if attempt == self._retries:
                    said = again.error
                    raise DeployError(f"{said} (asked {attempt + 1} times)", said.status, said.body) from None
                wait = again.wait if again.wait is not None else _FIRST_WAIT * 2**attempt
                self._told(f"{again.error}; asked again in {wait:g} s")
                self.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, path: str, parameters: Mapping[str, str | int], body: Mapping[str, Any]) -> Any:
        what = f"{method} {path}"
        url = self._to.base + path
        try:
            with self._http.stream(method, url, params=dict(parameters), **body) as answer:
                status, headers, text = answer.status_code, answer.headers, _read(answer, self._to.key)
        except (httpx.TransportError, httpx.DecodingError) as error:
            reason = self._to.key.hidden_in(str(error)) or type(error).__name__
            lost = DeployError(f"{what}: no answer from {self._to.url}: {reason}", 0, "")
            raise _AgainError(lost, None) from None
        if status in _AGAIN:
            raise _AgainError(self._error(what, status, text), _retry_after(headers))
        if not 200 <= status < 300:
            raise self._error(what, status, text)
        try:
            return _bounded(json.loads(text) if text.strip() else {})
        except (ValueError, RecursionError):
            garbled = DeployError(f"{what}: the answer is not JSON: {_short(text)}", status, text)
            raise _AgainError(garbled, None) from None

    def _error(self, what: str, status: int, text: str) -> DeployError:
        hint = "; is it Kibana's own address? Redirects are not followed" if 300 <= status < 400 else ""
        hint = {
            401: "; is the API key right, and still valid?",
            403: "; the API key lacks a privilege (Security: Rules, All; exceptions), or the space is another",
        }.get(status, hint)
        return DeployError(f"{what}: Kibana answers {status}: {_message(text)}{hint}", status, text)


class _ApiKey(httpx.Auth):
    """Puts the key on a request as it leaves, so that no variable holds it before."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request."""
        request.headers["Authorization"] = f"ApiKey {self._key.reveal()}"
        yield request


class _AgainError(Exception):
    """A failure that may be none the next time; `wait` is how many seconds the server asks for."""

    def __init__(self, error: DeployError, wait: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def _read(answer: httpx.Response, key: Secret) -> str:
    """The text of an answer, up to a bound, without the key, should the other side repeat it."""
    found = bytearray()
    for part in answer.iter_bytes():
        found += part
        if len(found) > _LARGEST:
            break
    return key.hidden_in(found[:_LARGEST].decode("utf-8", errors="replace"))


def _bounded(answer: Any) -> Any:
    """An answer that is not nested deeper than any of Kibana's.

    Raises:
        ValueError: it is.
    """
    row = [answer]
    for _ in range(_DEEPEST):
        row = [
            inner
            for one in row
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not row:
            return answer
    raise ValueError("nested too deep")


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds; the header is a number of them, or a date."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), LONGEST_WAIT)
    try:
        until, now = parsedate_to_datetime(given), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, min((until - now).total_seconds(), LONGEST_WAIT))
    except (ValueError, TypeError):
        return None


def _message(text: str) -> str:
    """What an answer says is wrong."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    found = said.get("message") if isinstance(said, dict) else None
    return _short(found if isinstance(found, str) else text)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
