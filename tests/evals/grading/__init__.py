"""Grading by people, attacked."""
