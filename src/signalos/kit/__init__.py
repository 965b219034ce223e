"""Ground floor: clock, ids, transport, paths, logs. No trading words in here."""
