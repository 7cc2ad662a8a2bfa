"""Parsers of hostile bytes in a process of their own, with limits of time and memory.

Whatever a parser does there (loop, eat memory, end the process) costs the one call. A process is started by the first
call and kept for the next ones. It ends when its input does, so that it cannot outlive the run; while it works, a
watchdog that needs nothing of Python ends it.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import importlib
import os
import select
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from comtrap.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

GRACE = 5  # seconds after which a process that should have ended itself is ended
_FRAME, _HEADER = struct.Struct("<cQ"), struct.Struct("<IQ")
_DATA, _ASKED, _END, _ERROR, _MEMORY = b"+", b"?", b".", b"!", b"^"
YES, NO = b"y", b"n"
_PIECE = 1 << 20

# Importing the package's public names would take longer than most calls, and parsers need none of them.
_START = """
import sys, types
sys.path[:] = sys.argv[4:]
package = types.ModuleType("comtrap")
package.__path__ = [sys.argv[3]]
sys.modules["comtrap"] = package
from comtrap.sources.child import serve
serve(float(sys.argv[1]), int(sys.argv[2]))
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use.

    Attributes:
        seconds: between a request and the first answer, and from one answer to the next.
        memory_bytes: address space; held to where the system can (not on Windows or macOS).
    """

    seconds: float = 60
    memory_bytes: int = 1 << 30


class Question(bytes):
    """A piece of an answer after which the function waits for `YES` or `NO`: what is sent to the iterator, else no."""


LIMITS = Limits()
_idle: dict[Limits, list[Worker]] = {}


def run(function: Callable[[bytes], bytes], request: bytes, limits: Limits = LIMITS) -> bytes:
    """What a function makes of some bytes, computed in another process.

    Args:
        function: at the top of a module that imports little; its result and its errors are all that comes back.
        request: what it is called with.
        limits: of the process.

    Raises:
        SourceError: the function raised something, or broke a limit, or its process ended.
    """
    return b"".join(_answers(function, request, limits))


def stream(
    function: Callable[[bytes], Iterator[bytes]], request: bytes, limits: Limits = LIMITS
) -> Generator[bytes, bytes | None, None]:
    """The same of a function that gives its answer in pieces, each of them as soon as it is there.

    A piece that is a `Question` there waits for what is sent here. While nobody asks for the next piece the process waits, and that costs none of its time.

    Raises:
        SourceError: as `run`; the pieces before it stand.
    """
    return _answers(function, request, limits)


def packed(parts: Iterable[bytes]) -> bytes:
    """Several texts as one."""
    return b"".join(piece for part in parts for piece in (struct.pack("<I", len(part)), part))


def unpacked(data: bytes) -> list[bytes]:
    """The texts that were packed."""
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


def _answers(function: Callable[[bytes], Any], request: bytes, limits: Limits) -> Generator[bytes, bytes | None, None]:
    waiting = _idle.setdefault(limits, [])
    worker = waiting.pop() if waiting else Worker(limits)
    whole = False
    try:
        yield from worker.answers(function, request)
        whole = True
    finally:
        if whole:
            waiting.append(worker)
        else:
            worker.close()


class Worker:
    """One process; serves one request at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start it.

        Raises:
            SourceError: the system does not let us.
        """
        self._limits = limits
        paths = [path for path in sys.path if Path(path).is_absolute()]
        arguments = [str(limits.seconds), str(limits.memory_bytes), str(Path(__file__).resolve().parent.parent), *paths]
        try:
            # Isolated, so that neither the folder of the logs nor the environment is looked into for modules.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-I", "-X", "utf8", "-c", _START, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise SourceError(f"a process for its parser cannot be started: {error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def answers(self, function: Callable[[bytes], Any], request: bytes) -> Generator[bytes, bytes | None, None]:
        """What the function gives; see `run` and `stream`."""
        name = f"{function.__module__}:{function.__qualname__}".encode()
        began = time.monotonic()
        try:
            for piece in (_HEADER.pack(len(name), len(request)), name, request):
                _write(self._in, piece)
        except OSError:
            self._died(began)
        while True:
            began = time.monotonic()
            status, size = _FRAME.unpack(self._take(_FRAME.size, began))
            data = self._take(size, began)
            if status == _DATA:
                yield data
            elif status == _ASKED:
                reply = yield data
                self._reply(reply or NO)
            elif status == _END:
                return
            elif status == _MEMORY:
                raise SourceError(self._too_large())
            else:
                raise SourceError(data.decode("utf-8", "replace"))

    def _reply(self, reply: bytes) -> None:
        began = time.monotonic()
        try:
            _write(self._in, reply)
        except OSError:
            self._died(began)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()

    def _take(self, size: int, began: float) -> bytes:
        parts = []
        while size:
            if not _readable(self._out, self._limits.seconds + GRACE):
                raise SourceError(self._too_long())
            part = self._out.read(min(size, _PIECE))
            if not part:
                self._died(began)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _died(self, began: float) -> NoReturn:
        code = self._process.wait()
        if code == 1 and time.monotonic() - began >= self._limits.seconds:
            raise SourceError(self._too_long())
        how = signal.Signals(-code).name if -code in set(signal.Signals) else f"code {code}"
        raise SourceError(f"the process that parsed it ended ({how})")

    def _too_long(self) -> str:
        return f"parsing it took longer than {self._limits.seconds:g} s"

    def _too_large(self) -> str:
        return f"parsing it took more than {self._limits.memory_bytes >> 20:,} MiB of memory"


def _write(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _readable(pipe: IO[bytes], seconds: float) -> bool:
    """Whether there is something to read in time; where the system cannot say, the watchdog has to do alone."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


@atexit.register
def _end() -> None:
    for workers in _idle.values():
        while workers:
            workers.pop().close()


if hasattr(os, "register_at_fork"):
    # A forked process must not write into its parent's pipes.
    os.register_at_fork(after_in_child=_idle.clear)


def serve(seconds: float, memory_bytes: int) -> None:
    """The other side: answer requests on standard input until it ends."""
    # Ctrl+C reaches every process of a terminal, as the end of a service does; the run decides what it means.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _limit_memory(memory_bytes)
    # Trees have no circles. To look for some while one grows takes as long as to parse it.
    gc.disable()
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:
        # What a parser prints must not be taken for an answer.
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
        while len(header := source.read(_HEADER.size)) == _HEADER.size:
            name_size, size = _HEADER.unpack(header)
            name, request = source.read(name_size).decode(), source.read(size)
            for status, data in _served(name, request, seconds, nothing, source):
                out.write(_FRAME.pack(status, len(data)))
                out.write(data)
                out.flush()
            gc.collect()
            gc.freeze()


def _served(
    name: str, request: bytes, seconds: float, nothing: IO[bytes], source: IO[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """The answers to one request, the last of them an end or an error."""
    left: Generator[bytes, bytes | None, None] | None = None
    reply: bytes | None = None
    while True:
        # Runs in a thread of its own that takes no lock of Python's, and ends the process.
        faulthandler.dump_traceback_later(seconds, exit=True, file=nothing)
        try:
            if left is None:
                module, _, function = name.partition(":")
                found = getattr(importlib.import_module(module), function)(request)
                left = _whole(found) if isinstance(found, bytes) else found
            data = left.send(reply)
        except StopIteration:
            answer = _END, b""
        except MemoryError:
            answer = _MEMORY, b""
        except SourceError as error:
            answer = _ERROR, str(error).encode("utf-8", "replace")
        except BaseException as error:  # noqa: BLE001 - panics of compiled code are no Exception; all of it is the input's
            answer = _ERROR, f"its parser failed: {type(error).__name__}: {error}"[:500].encode("utf-8", "replace")
        else:
            answer = (_ASKED if isinstance(data, Question) else _DATA), data
        finally:
            faulthandler.cancel_dump_traceback_later()
        yield answer
        if answer[0] not in {_DATA, _ASKED}:
            return
        reply = source.read(1) if answer[0] == _ASKED else None


def _whole(answer: bytes) -> Generator[bytes, bytes | None, None]:
    yield answer


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    for limit, value in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
