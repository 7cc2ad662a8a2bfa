"""A shaped record's columns, for tests."""

from __future__ import annotations

from comtrap.sources.columns import columns


def raw(found, *, only="", but="\0"):
    """Dotted name to value."""
    made = {name: column.to_pylist()[0] for name, column in columns([found.document], None).items()}
    return {name: value for name, value in made.items() if name.startswith(only) and not name.startswith(but)}
