"""Bytes that are signed, hashed or proved: canonical JSON, envelopes, statements, leaves, trees, notes, keys."""
