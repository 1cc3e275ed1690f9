"""The charts of reports: what each shows, how it is drawn, and what is said of it to who cannot see it.

All of it is pure and shared: the typesetter draws by it, and the verifier draws again what the evidence tells and holds
the figures of a page to that, in words and line by line.
"""
