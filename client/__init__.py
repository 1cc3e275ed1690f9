"""The `countersign` command line and the offline verifier."""
