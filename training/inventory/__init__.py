"""Inventories of serving, cloud and scheduler: what other systems say runs, held against what is known here. Pure."""
