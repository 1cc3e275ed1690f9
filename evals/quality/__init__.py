"""Data quality checks without Django."""
