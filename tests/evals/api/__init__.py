"""Tests of the REST API of evaluation."""
