"""Tests of the witness: its rules, its store, its process."""
