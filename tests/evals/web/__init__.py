"""Evaluation's own pages."""
