"""Tests of the formats that cases are read from and written in."""
