"""Write the recording that `make demo` scans: three hosts, three sensors, one day, eight attacks.

    python demo/record.py            rewrite demo/recording
    python demo/record.py --check    exit 1 if the files there are not what this program makes

Everything is computed from fixed seeds and a fixed day, so that the recording can be made again to the byte.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from noise import Day

from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.proof.simulation.endpoint import Endpoint
from comtrap.proof.simulation.event_logs import EventLogs
from comtrap.proof.simulation.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parent / "recording"
MORNING = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)

HOSTS: dict[str, tuple[Host, tuple[str, ...]]] = {
    "ws01-winlogbeat.ndjson": (
        Host("ws01", EventLogs("winlogbeat"), 101, MORNING),
        (
            "task",
            "shell-application",
            "wscript-shell",
            "hijack",
            "trickbot",
        ),
    ),
    "ws02-endpoint.ndjson": (
        Host("ws02", Endpoint(), 202, MORNING),
        ("raspberry-robin", "trickbot", "hijack"),
    ),
    "ws03-evtx-dump.ndjson": (
        Host("ws03", EventLogs("evtx_dump"), 303, MORNING),
        ("muddywater", "gamaredon"),
    ),
}
ORDINARY = 130  # things that happen between two attacks


def record(host: Host, attacks: tuple[str, ...]) -> bytes:
    """A host's day as NDJSON: ordinary life, and the attacks spread over it."""
    day = Day(host)
    for attack in attacks:
        for _ in range(ORDINARY):
            host.wait(host.random.expovariate(1 / 15))
            day.something()
        ATTACKS[attack].play(host, day.explorer, ATTACKS[attack].parameters)
    for _ in range(ORDINARY // 2):
        host.wait(host.random.expovariate(1 / 15))
        day.something()
    lines = (json.dumps(document, ensure_ascii=False, separators=(",", ":")) for document in host.documents)
    return "".join(f"{line}\n" for line in lines).encode()


def recordings() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of the recording."""
    for name, (host, attacks) in HOSTS.items():
        yield name, record(host, attacks)


def compressed(content: bytes) -> bytes:
    """Gzip without a time or a name in it."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as file:
        file.write(content)
    return out.getvalue()


def main() -> int:
    """Write the files, or compare them."""
    same = True
    FOLDER.mkdir(exist_ok=True)
    for name, content in recordings():
        path = FOLDER / f"{name}.gz"
        if "--check" in sys.argv[1:]:
            same &= path.exists() and gzip.decompress(path.read_bytes()) == content
        else:
            path.write_bytes(compressed(content))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
