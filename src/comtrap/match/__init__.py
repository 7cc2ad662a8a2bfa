"""Hits to matches: the sequential half."""
