"""Where alerts go, one file an output."""
