"""Matches to alerts, with their evidence and their reasons."""
