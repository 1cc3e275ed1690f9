"""Mutations of training documents."""
