"""Tests of governance; the tree mirrors the source."""
