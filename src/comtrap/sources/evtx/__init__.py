"""Windows' event log files (EVTX)."""

from comtrap.sources.evtx.pieces import part, positions, settled
from comtrap.sources.evtx.read import read, sniff

__all__ = ["part", "positions", "read", "settled", "sniff"]
