"""Orders and what was bought."""
