"""Mutations of evaluation documents."""
