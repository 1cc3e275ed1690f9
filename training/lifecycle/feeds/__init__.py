"""Reading what others publish about the lives of models: bytes in, things said out, nothing repaired. No Django.

One module a format. What a reader does not understand refuses the whole feed, with the place in it.
"""
