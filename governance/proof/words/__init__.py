"""How people read it: how values print, the sentences of pages, what kinds are called. Server and verifier share it."""
