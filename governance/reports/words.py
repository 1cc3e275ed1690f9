"""How values read on paper: dates, digests, numbers, and the word for what is not known."""

from datetime import UTC, datetime
from decimal import Decimal

from governance.reports.model import Value

UNKNOWN = "unknown"


def moment(at: datetime | None) -> str:
    """Date and time in UTC with the offset written out: ``14 June 2026, 09:30:05 +00:00``.

    Raises ValueError for a time without a zone, which names no moment.
    """
    if at is None:
        return UNKNOWN
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: found {at.isoformat()}, expected an aware datetime (UTC)")
    utc = at.astimezone(UTC)
    # Month names by hand: %B follows the machine's locale, and the same facts must print the same bytes.
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M:%S} +00:00"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def short(digest: str) -> str:
    """Enough of a digest to tell documents apart on a page: the first twelve hex digits."""
    return digest.removeprefix("sha256:")[:12]


def value(found: Value) -> str:
    """A table value as text; whole numbers from 10,000 up are grouped."""
    if found is None:
        return UNKNOWN
    if isinstance(found, datetime):
        return moment(found)
    if isinstance(found, Decimal):
        return f"{found:f}"
    if isinstance(found, int):
        return count(found)
    return found


def count(number: int) -> str:
    """A whole number, grouped by commas from 10,000 up."""
    return f"{number:,}" if abs(number) >= 10_000 else str(number)


def plural(number: int, one: str, many: str) -> str:
    """The number with its noun: ``1 document``, ``15 documents``."""
    return f"{count(number)} {one if number == 1 else many}"
