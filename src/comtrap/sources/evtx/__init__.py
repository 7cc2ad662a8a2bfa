"""Windows' event log files (EVTX)."""

from comtrap.sources.evtx.pieces import part, positions
from comtrap.sources.evtx.read import read, sniff

__all__ = ["part", "positions", "read", "sniff"]
