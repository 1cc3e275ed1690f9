"""Lineage for programs: what a lineage report gathers, in formats that others read. Each is made from it alone."""
