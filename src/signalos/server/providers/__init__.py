"""Channels that have posted."""
