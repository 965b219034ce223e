"""Strategies: the user's rules."""
