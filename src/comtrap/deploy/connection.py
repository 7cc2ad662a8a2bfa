"""Where a Kibana is, how to be let in, and how to know that it is the right one."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from comtrap.errors import PluginError

KEY_VARIABLE, URL_VARIABLE = "KIBANA_API_KEY", "KIBANA_URL"
_KEY = re.compile(r"[A-Za-z0-9+/=_:.-]{8,4096}")
_SPACE = re.compile(r"[a-z0-9_-]{1,128}")
_LONGEST_KEY_FILE = 1 << 16
_LONGEST_TIMEOUT = 3_600


class Secret:
    """A text that shows itself nowhere: not when printed, not in a traceback, not in a log."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The text."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """A text without it, in any of the forms it is known in."""
        forms = {self._text}
        try:
            plain = base64.b64decode(self._text, validate=True).decode("ascii")
            forms |= {plain, *(part for part in plain.split(":") if len(part) >= 8)}
        except (ValueError, UnicodeDecodeError):
            pass
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "…")
        return text


@dataclass(frozen=True, slots=True)
class Connection:
    """One space of one Kibana.

    Attributes:
        url: of Kibana, without a slash at its end.
        key: the API key, base64 of ``id:key``.
        space: the space's id.
        ca_file: certificates of the authorities to trust, PEM; None for those that come with Python's httpx.
        fingerprint: sha256 of the server's certificate, lower-case hex; where given it is trusted, and no other.
        timeout: seconds to wait for an answer.
    """

    url: str
    key: Secret
    space: str = "default"
    ca_file: Path | None = None
    fingerprint: str = ""
    timeout: float = 60.0

    @property
    def base(self) -> str:
        """What paths of the API stand behind."""
        return self.url if self.space == "default" else f"{self.url}/s/{self.space}"


def connection(
    url: str | None,
    *,
    key_file: str | None = None,
    space: str = "default",
    ca_file: str | None = None,
    fingerprint: str | None = None,
    timeout: float = 60.0,
) -> Connection:
    """A connection as it was asked for; the URL and the key are looked for in the environment where they are not given.

    Raises:
        PluginError: something is missing or cannot be used. No message holds the key.
    """
    if _SPACE.fullmatch(space) is None:
        raise PluginError(f"{space!r} is no id of a space: lower-case letters, digits, - and _")
    if not 0 < timeout <= _LONGEST_TIMEOUT:
        raise PluginError(f"a timeout is more than 0 and at most {_LONGEST_TIMEOUT} seconds, found {timeout:g}")
    if ca_file is not None and not Path(ca_file).is_file():
        raise PluginError(f"no file of certificates {ca_file!r}")
    print_ = (fingerprint or "").replace(":", "").lower()
    if print_ and re.fullmatch(r"[0-9a-f]{64}", print_) is None:
        raise PluginError(
            "a fingerprint is the sha256 of the server's certificate: 64 hex digits, with colons or without"
        )
    where = Path(ca_file) if ca_file is not None else None
    return Connection(_url(url or os.environ.get(URL_VARIABLE, "")), _key(key_file), space, where, print_, timeout)


def tls(to: Connection) -> ssl.SSLContext | bool:
    """How a server proves to be the right one.

    Raises:
        PluginError: the certificates cannot be read, or the server shows another than the fingerprint's.
    """
    if to.url.startswith("http:"):
        return False  # on this machine, not encrypted: there is nothing to prove, and authorities are slow to load
    if to.fingerprint:
        return _only(to)
    if to.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(to.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise PluginError(f"{to.ca_file} holds no certificates: {error}") from None


def _only(to: Connection) -> ssl.SSLContext:
    """Trust in the one certificate of the fingerprint. It is asked for before anything is said that is secret."""
    parts = urlsplit(to.url)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), to.timeout) as plain,
            asking.wrap_socket(plain, server_hostname=parts.hostname) as wrapped,
        ):
            shown = wrapped.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise PluginError(f"{to.url} shows no certificate: {error}") from None
    found = hashlib.sha256(shown).hexdigest()
    if found != to.fingerprint:
        raise PluginError(f"{to.url} shows a certificate of fingerprint {found}, and {to.fingerprint} was expected")
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.check_hostname = False  # the certificate itself is what is trusted, whatever names it has
    trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusted.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(shown))
    return trusted


def _url(given: str) -> str:
    if not given:
        raise PluginError(f"no Kibana: give --url, or set {URL_VARIABLE}")
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise PluginError("the URL of Kibana cannot be read") from None
    if parts.username is not None or parts.password is not None:
        raise PluginError("the URL of Kibana holds a user or a password; an API key is what is needed, and not there")
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise PluginError(f"{given!r} is no URL of a Kibana such as https://kibana.example:5601")
    if parts.scheme == "http" and not _is_here(host):
        raise PluginError(f"{given!r} is not encrypted, and the API key would be read on the way: use https")
    return given.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(file: str | None) -> Secret:
    if file is not None:
        try:
            with Path(file).open("rb") as opened:
                text = opened.read(_LONGEST_KEY_FILE).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise PluginError(f"the API key cannot be read from {file!r}") from None
    else:
        text = os.environ.get(KEY_VARIABLE, "").strip()
    if not text:
        raise PluginError(f"no API key: set {KEY_VARIABLE}, or give --api-key-file")
    if _KEY.fullmatch(text) is None:
        raise PluginError("the API key is none: expected id:key, or the base64 of it as Kibana shows it")
    return Secret(base64.b64encode(text.encode()).decode() if ":" in text else text)
