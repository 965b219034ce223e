"""Who is calling: users, sessions, tokens, lock-out."""
