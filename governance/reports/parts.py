"""Pieces that the report sections of several kinds are made of."""

from collections.abc import Iterable, Mapping
from typing import Any

from governance.reports.model import (
    Block,
    Column,
    DataTable,
    Fact,
    FactsTable,
    Heading,
    Notice,
    Paragraph,
    Section,
    Value,
)

__all__ = [
    "Block",
    "Column",
    "DataTable",
    "Fact",
    "FactsTable",
    "Heading",
    "Notice",
    "Paragraph",
    "Section",
    "Value",
    "facts",
    "files",
    "table",
]


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
