"""Reads that need the documents of this app."""
