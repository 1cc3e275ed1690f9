"""What sections of reports are made of, as plain data.

Every text is plain text, never markup. `None` where a value may be missing prints as "unknown": a report says what
it does not know. Times are aware datetimes; they print in UTC with the offset.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from governance.proof.charts.drawn import Chart
from governance.proof.words.printed import UNKNOWN, count, moment


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value. `code` sets digests and identifiers in the fixed-width face; `link` is a node's digest."""

    label: str
    value: str | datetime | None
    code: bool = False
    link: str | None = None

    @property
    def said(self) -> str:
        """The value as it is printed."""
        return self.value if isinstance(self.value, str) else moment(self.value)


@dataclass(frozen=True, slots=True)
class Notice:
    """An exception for page one: a waiver, condition, revocation or unknown; `link` is the digest it concerns."""

    label: str
    text: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a part of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Shell commands to be typed as they stand, one a line."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactsTable:
    """Labels with their values."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is relative to the other columns'; `code` as for `Fact`."""

    title: str
    width: float = 1.0
    align: Literal["left", "right"] = "left"
    code: bool = False


Value: TypeAlias = str | int | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class DataTable:
    """Columns under a caption; a row has one value for each column."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    empty: str = "None recorded."
    """what is said in place of a table without rows"""


@dataclass(frozen=True)
class KeyFigure:
    """What matters most, in large type: a value with what it is of, and a line on it. `verdict` gets its mark."""

    value: str
    label: str
    note: str = ""
    verdict: bool = False


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A few figures side by side."""

    items: tuple[KeyFigure, ...]


Block: TypeAlias = Paragraph | Heading | Commands | FactsTable | DataTable | KeyFigures | Chart


def facts(*rows: tuple[str, Any]) -> FactsTable:
    """Labels with values. Lists become one line, True and False words, None stays what it is: unknown."""
    return FactsTable(tuple(Fact(label, _words(value)) for label, value in rows))


def table(caption: str, columns: Iterable[Column], rows: Iterable[Iterable[Value]], empty: str = "None.") -> DataTable:
    """A table of data; `empty` is said in place of one without rows."""
    return DataTable(caption, tuple(columns), tuple(tuple(row) for row in rows), empty)


def files(caption: str, entries: Iterable[Mapping[str, Any]]) -> DataTable:
    """A manifest: every file with its size in bytes, its SHA-256 and, where DVC gave one, its MD5."""
    listed = list(entries)
    columns = [Column("File", 24), Column("Bytes", 11, "right"), Column("SHA-256", 40, code=True)]
    rows: list[list[Value]] = [[e["path"], e["size"], str(e["sha256"]).removeprefix("sha256:")] for e in listed]
    if any(entry.get("md5") for entry in listed):
        columns.append(Column("MD5, as DVC names it", 25, code=True))
        rows = [[*row, str(entry.get("md5") or "")] for row, entry in zip(rows, listed, strict=True)]
    return table(caption, columns, rows, "No files.")


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


def _words(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return str(value)
