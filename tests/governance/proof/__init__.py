"""Tests of the formats and proofs; none of them needs Django."""
