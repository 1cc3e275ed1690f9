"""Evaluation without Django: backends, graders, metrics, statistics, verdicts."""
