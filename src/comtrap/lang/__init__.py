"""Text to syntax tree and back; standard library only."""
