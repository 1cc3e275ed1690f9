"""Measures: evaluation sets, rubrics, thresholds, results, quality."""
