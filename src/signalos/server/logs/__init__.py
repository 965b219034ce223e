"""A user's durable events as a list."""
