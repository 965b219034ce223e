"""What desktop apps hand over: the hot path."""
