"""The options that say how clusters of Elasticsearch are talked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.remote.access import KEY_VARIABLE, TIMEOUT, access

if TYPE_CHECKING:
    import argparse

    from comtrap.remote.access import Access


def add_access(parser: argparse.ArgumentParser) -> None:
    """The options. There is none for the key itself, which would be seen in the list of processes."""
    more = parser.add_argument_group("Elasticsearch").add_argument
    key = f"file that holds the API key, nothing else (default: the key in {KEY_VARIABLE})"
    more("--api-key-file", metavar="FILE", help=key)
    more("--ca-file", metavar="FILE", help="certificates of the authorities to trust, PEM (default: the usual ones)")
    more("--fingerprint", metavar="SHA256", help="of the server's certificate: trust this one, and no other")
    usual = f"how long to wait for an answer (default: {TIMEOUT:g})"
    more("--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help=usual)
    plain = "allow elasticsearch+http:// to other machines: what is sent, the key too, can be read on the way"
    more("--plain-http", action="store_true", help=plain)


def access_of(args: argparse.Namespace) -> Access:
    """What was asked for.

    Raises:
        PluginError: something cannot be used.
    """
    return access(
        key_file=args.api_key_file,
        ca_file=args.ca_file,
        fingerprint=args.fingerprint,
        timeout=args.timeout,
        plain=args.plain_http,
    )
