"""Whether the server lives, is ready, and how it does."""
