"""Windows' event log files (EVTX)."""

from comtrap.sources.evtx.checksums import doubts
from comtrap.sources.evtx.pieces import part, positions, settled
from comtrap.sources.evtx.read import read, sniff

__all__ = ["doubts", "part", "positions", "read", "settled", "sniff"]
