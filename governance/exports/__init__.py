"""Lineage for programs, for whoever asks: the files themselves are made by `governance.proof.files.lineage`."""
