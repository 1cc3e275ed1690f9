"""Decides, permits and remembers; knows nothing of evaluation or training."""
