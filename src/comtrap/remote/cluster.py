"""The cluster of an address, with the client loaded only where there is one to be asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from comtrap.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.remote.access import Access
    from comtrap.remote.address import Address
    from comtrap.remote.elasticsearch import Cluster


@contextmanager
def cluster(place: Address, access: Access) -> Iterator[Cluster]:
    """The cluster, open until it is left.

    Raises:
        PluginError: the client is not installed, or the certificates cannot be read.
    """
    try:
        # The client takes longer to load than a small log to read.
        from comtrap.remote.elasticsearch import Cluster  # noqa: PLC0415
    except ImportError:
        raise PluginError("Elasticsearch needs its client: pip install 'comtrap[elasticsearch]'") from None
    with Cluster(place.url, access) as opened:
        yield opened
