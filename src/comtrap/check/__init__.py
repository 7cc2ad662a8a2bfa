"""Syntax tree and schema to typed expressions."""
