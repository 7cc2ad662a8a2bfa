"""Proof that rules find what they should, and nothing that they should not."""
