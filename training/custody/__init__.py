"""Custody of base models without Django: restore drills of weights we hold, probes of models others host."""
