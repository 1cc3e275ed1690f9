"""Base-model lifecycle and retirement risk without Django, and without numerical libraries.

model     the data that everything here shares
"""
