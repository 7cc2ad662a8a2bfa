"""Alerts as one HTML file that works from anywhere and asks for nothing."""

from comtrap.sinks.html.sink import Sink

__all__ = ["Sink"]
