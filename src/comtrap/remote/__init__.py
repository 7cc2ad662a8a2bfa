"""Servers that comtrap talks to: where they are, how they are let in, how they are trusted."""
