"""Stop, pause and resume."""
