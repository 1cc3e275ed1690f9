"""Base-model lifecycle without Django."""
