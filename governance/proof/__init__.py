"""Formats and proofs that anybody can check without Django or the server."""
