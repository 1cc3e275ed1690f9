"""How values read on paper: times, digests, numbers, and what is done with characters that cannot be printed.

Typesetter and reader of the pages share these, so that what is printed and what is expected cannot drift apart.
"""

import re
import unicodedata
from collections.abc import Container
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from governance.proof.formats.fields import moment as named_moment

UNKNOWN = "unknown"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# Normalising exchanges these for others, which are not always drawn alike: a name keeps the one it is written with.
VARIANTS = re.compile("([\uf900-\ufaff]+)")
# Look-alikes that differ only in where a line may break.
SPELLED = {"\u2011": "-", "\u00ad": "", "\u00a0": " "}


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


def day(at: datetime) -> str:
    """A date without the time of day: ``14 June 2026``."""
    return moment(at).split(",")[0]


def second(at: datetime) -> str:
    """A time in UTC as tables have it: ``2026-06-14 09:30:05``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def utc(text: str) -> str:
    """A moment of the evidence as lines of a verification have it: ``2026-06-14 09:30:05 UTC``."""
    return f"{second(named_moment(text))} UTC"


def short(digest: str) -> str:
    """Enough of a digest to tell documents apart on a page: the first twelve hex digits."""
    return digest.removeprefix("sha256:")[:12]


def count(number: int) -> str:
    """A whole number, grouped by commas from 10,000 up."""
    return f"{number:,}" if abs(number) >= 10_000 else str(number)


def percent(share: Decimal) -> str:
    """A proportion as per cent with one decimal: ``58.3 %``."""
    return f"{share * 100:.1f} %"


def plural(number: int, one: str, many: str) -> str:
    """The number with its noun: ``1 document``, ``15 documents``."""
    return f"{count(number)} {one if number == 1 else many}"


def figure(value: str | None) -> str:
    """A decimal in at most three places, or as many as tell it from 0 and 1; documents keep all of them."""
    return "not measured" if value is None else plain(rounded(Decimal(value)))


def bounds(low: str | None, high: str | None) -> str:
    """Two one-sided bounds, rounded outwards: a bound that misses a limit never reads as if it reached it. Or none."""
    if low is None or high is None:
        return "none"
    return f"{plain(rounded(Decimal(low), ROUND_FLOOR))} to {plain(rounded(Decimal(high), ROUND_CEILING))}"


def counted(value: Decimal, *, bounded: bool, unit: str, points: bool = False) -> str:
    """A measure with what it is counted in: a share (`bounded`) in percent or points, anything else in its unit."""
    if bounded:
        return f"{plain(value * 100)} {'points' if points else '%'}"
    return f"{plain(value)} {unit}".strip()


LARGEST = 20
"""the power of ten from which on nothing is rounded: a file may say anything"""


def rounded(value: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """The decimal in three places; a figure, in as many up to six as it takes so that a part is neither none nor all.

    A bound is rounded as it is told to, and may end at 0 or 1, beyond which nothing is.
    """
    if not value.is_finite() or value.adjusted() > LARGEST:
        return value
    shown = value.quantize(Decimal("0.001"), rounding=rounding)
    for places in (4, 5, 6):
        if rounding != ROUND_HALF_EVEN or shown == value or abs(shown) not in (0, 1):
            break
        shown = value.quantize(Decimal(1).scaleb(-places), rounding=rounding)
    return shown


def plain(value: Decimal) -> str:
    """The decimal with all its digits, without zeros at its end and without an exponent."""
    text = f"{value + 0:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def capital(text: str) -> str:
    """The text with its first letter as at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def printable(text: str, glyphs: Container[int]) -> str:
    """The text with all that cannot be printed spelled out, so that no name is ever silently changed or lost.

    White space becomes single spaces; a character that is not among the code points `glyphs`, a control or a direction
    mark (which could make a name read as another) becomes its code point: ``‹U+202E›``. Composed to NFC, since the
    faces place no loose accents.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    out: list[str] = []
    for character in _composed(" ".join(text.split())):
        character = SPELLED.get(character, character)
        if not character or " " <= character <= "~" or _seen(character, glyphs):  # every face has ASCII
            out.append(character)
        else:
            out.append(f"‹U+{ord(character):04X}›")
    return "".join(out)


def _seen(character: str, glyphs: Container[int]) -> bool:
    return ord(character) in glyphs and unicodedata.category(character) not in ("Cc", "Cf", "Mn")


def _composed(text: str) -> str:
    """The text with each letter and its accents as one character."""
    if unicodedata.is_normalized("NFC", text):
        return text
    parts = VARIANTS.split(text)
    return "".join(part if place % 2 else unicodedata.normalize("NFC", part) for place, part in enumerate(parts))
