"""How a cluster of Elasticsearch is talked to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.errors import PluginError
from comtrap.remote.secret import Secret, api_key, from_file
from comtrap.remote.trust import authorities, checked_timeout, fingerprint_of

if TYPE_CHECKING:
    from pathlib import Path

KEY_VARIABLE = "ELASTICSEARCH_API_KEY"
USER_VARIABLE, PASSWORD_VARIABLE = "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and how the cluster proves to be the right one.

    Attributes:
        key: the API key, base64 of ``id:key``; None where a user is named, or nobody (a cluster without security).
        user: a user's name, where there is no key.
        password: the user's.
        ca_file: certificates of the authorities to trust, PEM; None for the usual ones.
        fingerprint: sha256 of the server's certificate, lower-case hex; where given it is trusted, and no other.
        timeout: seconds to wait for an answer.
        plain: whether another machine may be talked to without encryption.
    """

    key: Secret | None = None
    user: str = ""
    password: Secret | None = None
    ca_file: Path | None = None
    fingerprint: str = ""
    timeout: float = TIMEOUT
    plain: bool = False

    def hidden_in(self, text: str) -> str:
        """A text without what is secret."""
        for secret in (self.key, self.password):
            if secret is not None:
                text = secret.hidden_in(text)
        return text


def access(
    *,
    key_file: str | None = None,
    ca_file: str | None = None,
    fingerprint: str | None = None,
    timeout: float = TIMEOUT,
    plain: bool = False,
) -> Access:
    """What was asked for; the key, or a user and a password, are looked for in the environment.

    Raises:
        PluginError: something cannot be used. No message holds a secret.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip() if key_file is None else from_file(key_file)
    if key_file is not None and not key:
        raise PluginError(f"{key_file!r} holds no API key")
    user, password = os.environ.get(USER_VARIABLE, ""), os.environ.get(PASSWORD_VARIABLE, "")
    if not key and bool(user) != bool(password):
        raise PluginError(f"a user needs a password: set both {USER_VARIABLE} and {PASSWORD_VARIABLE}")
    return Access(
        key=api_key(key, "Kibana") if key else None,
        user="" if key else user,
        password=Secret(password) if password and not key else None,
        ca_file=authorities(ca_file),
        fingerprint=fingerprint_of(fingerprint),
        timeout=checked_timeout(timeout),
        plain=plain,
    )
