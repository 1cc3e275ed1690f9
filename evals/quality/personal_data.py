"""Patterns that personal data usually shows itself by. They find the obvious; they prove nothing absent."""

import re
from typing import Final

_PATTERNS: Final = {
    "e-mail address": re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    "telephone number": re.compile(
        r"(?<![\w.-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\w)"
    ),
    "US social security number": re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"),
    "IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "IP address": re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"),
    "date of birth": re.compile(r"(?i)\b(?:born on|date of birth|dob)\b\W{0,3}\d"),
    "record number": re.compile(r"(?i)\b(?:mrn|medical record (?:number|no)|patient id)\b\W{0,3}\d{3,}"),
}
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def personal_data(text: str) -> list[str]:
    """Return the sorted names of the kinds of personal data that `text` seems to hold."""
    found = [name for name, pattern in _PATTERNS.items() if pattern.search(text)]
    if any(_luhn(match.group()) for match in _CARD.finditer(text)):
        found.append("payment card number")
    return sorted(found)


def _luhn(digits: str) -> bool:
    """Check the check digit of a card number (ISO/IEC 7812-1, annex B)."""
    numbers = [int(digit) for digit in reversed(digits) if digit.isdigit()]
    doubled = [sum(divmod(2 * number, 10)) if place % 2 else number for place, number in enumerate(numbers)]
    return sum(doubled) % 10 == 0
