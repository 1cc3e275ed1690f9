"""Acts: use cases, data, base models, runs, releases."""
