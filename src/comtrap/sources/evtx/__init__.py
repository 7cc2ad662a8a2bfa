"""Windows' event log files (EVTX)."""

from comtrap.sources.evtx.read import read, sniff

__all__ = ["read", "sniff"]
