"""Commands to terminals: rows with a state, delivered by socket until answered."""
