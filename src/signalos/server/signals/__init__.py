"""Signals with their decisions."""
