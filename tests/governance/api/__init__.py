"""Tests of the REST API: whole HTTP flows."""
