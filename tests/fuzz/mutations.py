"""Inputs made of others, the same in every run: what a fuzzer does that sees nothing of the program."""

from __future__ import annotations

import random
import struct

_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def mutations(seeds, count, longest_bytes):
    """So many inputs, each one of the seeds with a few changes.

    Args:
        seeds: what to change.
        count: how many to make.
        longest_bytes: what is longer is cut off.
    """
    chance = random.Random("comtrap")  # the same numbers in every version of Python
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            chance.choice(_CHANGES)(chance, data, seeds)
        yield bytes(data[:longest_bytes])


def _flip(chance, data, _):
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _byte(chance, data, _):
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _number(chance, data, _):
    """A number that is often a size or an offset is now an odd one."""
    form = chance.choice("BHIQ")
    size = struct.calcsize(f"<{form}")
    if len(data) >= size:
        odd = chance.choice(_ODD) & (1 << 8 * size) - 1
        struct.pack_into(f"<{form}", data, chance.randrange(len(data) - size + 1), odd)


def _near(chance, data, _):
    """A number is a little more or less."""
    if len(data) >= 4:
        at = chance.randrange(len(data) - 3)
        (value,) = struct.unpack_from("<I", data, at)
        struct.pack_into("<I", data, at, (value + chance.randrange(-16, 17)) & 0xFFFFFFFF)


def _cut(chance, data, _):
    at = chance.randrange(len(data) + 1)
    del data[at : at + chance.choice((1, 2, 4, 8, 64, len(data)))]


def _insert(chance, data, _):
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 16)))


def _again(chance, data, _):
    at = chance.randrange(len(data) + 1)
    some = data[at : at + chance.choice((1, 4, 16, 256))]
    data[at:at] = some * chance.choice((1, 2, 64))


def _cross(chance, data, seeds):
    """The end is another's."""
    other = chance.choice(seeds)
    del data[chance.randrange(len(data) + 1) :]
    data += other[chance.randrange(len(other) + 1) :]


_CHANGES = (_flip, _byte, _number, _near, _cut, _insert, _again, _cross)
