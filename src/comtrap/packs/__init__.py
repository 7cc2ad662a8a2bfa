"""Detection content, as data."""
