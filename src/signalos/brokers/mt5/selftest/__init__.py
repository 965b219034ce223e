"""A terminal examined on a demo account, step by step, against what the simulated one answers."""
