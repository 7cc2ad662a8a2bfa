"""Passwords of encrypted archives, from options, files and the environment; they are never printed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.errors import SourceError

if TYPE_CHECKING:
    import argparse

ENVIRONMENT = "COMTRAP_PASSWORD"
MOST = 1000
"""How many passwords are tried on a member."""


def add_passwords(parser: argparse.ArgumentParser) -> None:
    """The options."""
    of = (
        "a password of encrypted zip archives, such as infected; may be repeated (others can see it: rather use a file)"
    )
    parser.add_argument("--password", action="append", default=[], metavar="TEXT", help=of)
    file = f"a file with a password in each line; ${ENVIRONMENT} is tried too, if it is set"
    parser.add_argument("--password-file", action="append", default=[], metavar="FILE", help=file)


def passwords_of(args: argparse.Namespace) -> tuple[bytes, ...]:
    """The passwords to try, each once: those of options first, then those of files, then the environment's.

    Raises:
        SourceError: a file cannot be read, or there are too many.
    """
    found = [os.fsencode(text) for text in args.password]
    for path in args.password_file:
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise SourceError(f"--password-file {path} cannot be read: {error.strerror}") from error
        found += [line.rstrip(b"\r") for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    found.append(os.fsencode(os.environ.get(ENVIRONMENT, "")))
    passwords = tuple(dict.fromkeys(password for password in found if password))
    if len(passwords) > MOST:
        raise SourceError(f"more than {MOST:,} passwords")
    return passwords
