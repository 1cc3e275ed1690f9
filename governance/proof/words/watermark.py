"""The mark along the edge of every page of a report whose subject is not signed off: its words, by one rule.

Typesetter and verifier both take it from the standing that the report prints of its subject. Nothing is printed over
or under it, and it lies over nothing: it runs up the left margin.
"""

DRAFT = "DRAFT"
NOT_SIGNED_OFF = "NOT SIGNED OFF"
PREVIEW = "Countersign draft preview"
"""by what tool a preview of a draft says that it was made"""
LABEL = "Watermark"
"""what page one calls it"""

# How a printed standing begins, and the mark of it; what is not listed is not signed off.
_WORDS = (
    ("in force ", ""),
    ("recorded;", ""),
    ("overtaken:", "OVERTAKEN"),
    ("not in force: the sign-off was revoked", "REVOKED"),
    ("not in force: rejected", "REJECTED"),
    ("not in force: withdrawn", "WITHDRAWN"),
    ("not in force: not signed in time", "NOT SIGNED IN TIME"),
    ("not in force: signed with a compromised key", "COMPROMISED KEY"),
    ("no longer in force: the agreement ran out", "EXPIRED"),
    ("no longer in force: it lapsed", "LAPSED"),
)


def word(standing: str) -> str:
    """Return the mark for a standing as it is printed; empty where the subject is signed off or need not be."""
    return next((mark for begin, mark in _WORDS if standing.startswith(begin)), NOT_SIGNED_OFF)


def is_preview(data: bytes) -> bool:
    """Return whether the bytes of a file say that it is a preview of a draft."""
    return f">{PREVIEW}</xmp:CreatorTool>".encode() in data


def said(mark: str) -> str:
    """Return what page one says of a mark, for those who do not see it."""
    return f"Every page is marked {mark}"


def edge(mark: str) -> str:
    """Return the text along the edge: the mark three times, so that a page cut in half still has it."""
    return "   ·   ".join([mark] * 3)
