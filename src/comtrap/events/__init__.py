"""Batches of events, raw and normalised."""
