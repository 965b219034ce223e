"""All that the first page needs, at once."""
