"""What a process of its own is tried with: functions that do as they should, and functions that do not."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from comtrap.errors import SourceError
from comtrap.sources import child


def echo(request):
    return request


def double(request):
    return request * 2


def who(_request):
    return str(os.getpid()).encode()


def public_names(_request):
    return b" ".join(name.encode() for name in ("pyarrow", "numpy", "comtrap.scan") if name in sys.modules)


def paths(_request):
    return "\n".join(sys.path).encode()


def pieces(request):
    for byte in request:
        yield bytes((byte,)) * 100_000


def pieces_then_error(request):
    yield request
    raise SourceError("nothing more")


def loops(_request):
    while True:
        pass


def loops_in_compiled_code(_request):
    # The library's own sleep, called without giving up the lock that Python's threads wait for.
    ctypes.PyDLL(None).sleep(600)
    return b""


def eats(request):
    held = []
    while True:
        held.append(bytearray(len(request) << 20))


def dies(_request):
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def leaves(_request):
    os._exit(7)


def refuses(_request):
    raise SourceError("not what it says")


def fails(_request):
    return {}["absent"]


def panics(_request):
    raise SystemExit(3)


def prints(request):
    sys.stdout.write("noise")
    sys.stdout.flush()
    os.write(1, b"noise")
    return request


def reads(_request):
    return sys.stdin.buffer.read()


def piles_up(_request):
    def deeper(number):
        return deeper(number + 1)

    return deeper(0)


def asks(request):
    for byte in request:
        reply = yield child.Question(bytes([byte]))
        yield b"said " + reply
