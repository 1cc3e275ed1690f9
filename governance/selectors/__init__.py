"""Reads of governed facts: nothing here writes."""
