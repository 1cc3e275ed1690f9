"""Tests of the REST API of training."""
