"""Tests of what the documentation hands to its readers."""
