"""Training methods without Django."""
