"""Files that grow, are rotated and cut: what there is to read of them since the last look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.sources.pieces import settled
from comtrap.sources.walk import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.problems import Problems

HEAD_BYTES = 256  # of a file's beginning, by which it is known again
MAGIC_BYTES = 8
STEP_BYTES = 64 << 20  # read at once


@dataclass(frozen=True, slots=True)
class Followed:
    """A file, and how far it was read.

    Attributes:
        number: the file's number in the watch; never given twice.
        path: where it is; a file that was renamed keeps its number.
        identity: the file system's name for it.
        head: digest of its first bytes, `head_bytes` of them.
        start: the byte from which on it is not read.
        position: of the first record there.
        seen: the first position that was not read; more than `position` where the last bytes may still be changed.
        stamp: its size and time when it was last looked at.
        read: its size and time when all there was had been read.
    """

    number: int
    path: str
    identity: str
    head: str = ""
    head_bytes: int = 0
    start: int = 0
    position: int = 0
    seen: int = 0
    stamp: str = ""
    read: str = ""


@dataclass(frozen=True, slots=True)
class Growth:
    """What is to be read of a file at once.

    Attributes:
        file: as it was followed until now; the records from its `seen` on are new.
        stop: the byte before which records begin; None for the whole file.
        settled: whether these bytes will not change any more.
        more: whether there is more to read at once.
    """

    file: Followed
    stop: int | None
    settled: bool
    more: bool = False


def look(
    known: Iterable[Followed], paths: Iterable[str], problems: Problems, *, last: bool = False
) -> Iterator[Followed | Growth]:
    """What has changed: a file as it is now followed, then what there is to read of it, if anything.

    Args:
        known: the files so far.
        paths: files and folders.
        problems: takes what cannot be looked at.
        last: whether nothing more will be written, so that what stands at an end is whole.
    """
    by_identity = {file.identity: file for file in known if file.identity}
    number = max((file.number for file in known), default=-1)
    for path in files(paths, problems):
        try:
            status = Path(path).stat()
            identity = f"{status.st_dev}:{status.st_ino}"
            file = by_identity.get(identity)
            if file is None or status.st_size < file.start or head_of(path, file.head_bytes)[0] != file.head:
                if file is not None:  # cut, and begun anew
                    yield replace(file, identity="")
                number += 1
                file = Followed(number, path, identity)
            yield from _grown(replace(file, path=path), path, f"{status.st_size}:{status.st_mtime_ns}", last=last)
        except OSError:  # gone since it was listed: it is looked at again
            continue


def head_of(path: str, size: int) -> tuple[str, int]:
    """Digest of a file's first bytes, at most so many, and how many there are."""
    with Path(path).open("rb") as opened:
        head = opened.read(size)
    return sha256(head).hexdigest(), len(head)


def is_same(file: Followed) -> bool:
    """Whether a path still leads to the file that was looked at."""
    try:
        status = Path(file.path).stat()
        return (
            f"{status.st_dev}:{status.st_ino}" == file.identity and head_of(file.path, file.head_bytes)[0] == file.head
        )
    except OSError:
        return False


def _grown(file: Followed, path: str, stamp: str, *, last: bool) -> Iterator[Followed | Growth]:
    """A file as it is followed from now on, unless nothing changed; then what there is to read."""
    quiet, file = file.stamp == stamp or last, replace(file, stamp=stamp)
    if file.read == stamp and not last:
        return
    edge = settled(path, file.start)
    # What is written in place has a header that changes, but for its first bytes.
    head, head_bytes = head_of(path, MAGIC_BYTES if edge is not None and edge.whole else HEAD_BYTES)
    file = replace(file, head=head, head_bytes=head_bytes)
    yield file
    size = int(stamp.partition(":")[0])
    if edge is None:
        # Such a file can only be read from its beginning, and is once it has stopped changing.
        if quiet and size and file.read != stamp:
            yield Growth(replace(file, read=stamp), None, settled=True)
    elif edge.at > file.start:
        yield Growth(file, min(edge.at, file.start + STEP_BYTES), settled=True, more=True)
    elif size > edge.at and (edge.whole or last) and (file.read != stamp or last):
        yield Growth(replace(file, read=stamp), size, settled=last and not edge.whole)
    elif size == edge.at:
        yield replace(file, read=stamp)
