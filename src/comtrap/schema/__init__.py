"""Field names and types."""
