"""Orders to a terminal: one protocol (base), one folder a broker."""
