"""Terminals: registration, approval, tokens and their live state."""
