"""Servers on the loopback interface that can be told to fail: what those of the tests have in common."""

from __future__ import annotations

import os
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "aWQwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZWNyZXRzZWNyZXRzZWNyZXQ="  # id00000000000000000001:secretsecretsecret


@dataclass
class Fault:
    """What is to go wrong.

    Attributes:
        how: a status (429, 500 …); ``reset`` (the connection breaks before anything is done), ``lost`` (it breaks after it was
            done), ``silence`` (no answer within the client's patience), ``garbage`` (done, answered with no JSON); more as each
            server says.
        at: text of ``METHOD path`` that it applies to.
        times: how often.
        after: how many such requests pass before.
        headers: of a status.
        then: called where it applies, before anything else.
    """

    how: int | str | Callable[[Any], Any]
    at: str = ""
    times: int = 1
    after: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    then: Callable[[], None] = lambda: None


class Loopback:
    """A server; a context manager."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], faults: tuple[Fault, ...], patience: float) -> None:
        self.faults = list(faults)
        self.patience = patience
        self.complaints: list[str] = []
        self.lock = threading.RLock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def fault(self, asked: str) -> Fault | None:
        with self.lock:
            for one in self.faults:
                if one.at in asked and one.times > 0:
                    if one.after > 0:
                        one.after -= 1
                        continue
                    one.times -= 1
                    return one
        return None


def break_off(handler: BaseHTTPRequestHandler) -> None:
    """Close a connection so that the other side sees a reset and not an end: SO_LINGER with 0 seconds."""
    handler.close_connection = True
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
