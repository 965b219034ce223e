"""Updates of earlier signals: what they are about, and what to send for each position and order."""
