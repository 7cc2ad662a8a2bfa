"""Where a Kibana is, how to be let in, and how to know that it is the right one."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from comtrap.errors import PluginError
from comtrap.remote.secret import api_key, from_file
from comtrap.remote.trust import authorities, checked_timeout, fingerprint_of, is_here

if TYPE_CHECKING:
    from pathlib import Path

    from comtrap.remote.secret import Secret

KEY_VARIABLE, URL_VARIABLE = "KIBANA_API_KEY", "KIBANA_URL"
_SPACE = re.compile(r"[a-z0-9_-]{1,128}")


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
    checked_timeout(timeout)
    where = authorities(ca_file)
    print_ = fingerprint_of(fingerprint)
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
    if parts.scheme == "http" and not is_here(host):
        raise PluginError(f"{given!r} is not encrypted, and the API key would be read on the way: use https")
    return given.rstrip("/")


def _key(file: str | None) -> Secret:
    text = os.environ.get(KEY_VARIABLE, "").strip() if file is None else from_file(file)
    if not text:
        raise PluginError(f"no API key: set {KEY_VARIABLE}, or give --api-key-file")
    return api_key(text, "Kibana")
