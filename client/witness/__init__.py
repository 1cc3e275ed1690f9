"""`countersign witness`: a separate small process that cosigns a log's checkpoints, and never two histories.

It needs a folder of its own on a machine that the log's operator does not control, and the log's public key. It has no
account with the log, sees sizes and hashes only, and refuses forks and rollbacks by what it has itself signed before.
"""
