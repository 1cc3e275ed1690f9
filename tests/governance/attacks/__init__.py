"""Attacks on guarantees, each with a row in the threat model."""
