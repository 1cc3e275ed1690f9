"""Lineage for programs: a document and all it rests on, in formats that others read.

Server and verifier make these files from the same facts by the same functions, so that a reader of a report can make
what is attached to it again and compare every byte.
"""
