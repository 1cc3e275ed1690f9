"""Tables of comma-separated values (RFC 4180), one row a case, with a heading of our columns or mapped ones.

Spreadsheets calculate a cell that begins with = + - or @ (OWASP, "CSV Injection"). So an apostrophe goes before such a
text when it is written, and before one that begins with an apostrophe; reading takes it off again.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from evals.engine.spec import Case
from evals.formats.reading import MOST_CASES, Place, Reading, SourceFile, Unreadable, shown
from evals.formats.rows import COLUMNS, MESSAGES, METADATA, read_row, to_row

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""beginnings of a cell that a spreadsheet would not show as it is written"""
MOST_CHARACTERS = 1_000_000

csv.field_size_limit(MOST_CHARACTERS)


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def unguarded(text: str) -> str:
    """Return a cell without the apostrophe that `guarded` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read tables."""
    for file in files:
        _read(reading, file)


def _read(reading: Reading, file: SourceFile) -> None:
    lines = rows(reading, file)
    place, heading = next(lines, (Place(file.name), []))
    names = columns(reading, place, heading)
    if names is None:
        return
    for number, (place, cells) in enumerate(lines, start=1):
        given = {name: cell for name, cell in zip(names, cells, strict=True) if name and cell}
        read_row(reading, place, _at(place), given, number)


def records(reading: Reading, file: SourceFile) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield each row of a table whose heading is another tool's, by that heading."""
    lines = rows(reading, file)
    _, heading = next(lines, (Place(file.name), []))
    for place, cells in lines:
        yield place, dict(zip(heading, cells, strict=True))


def rows(reading: Reading, file: SourceFile) -> Iterator[tuple[Place, list[str]]]:
    """Yield the heading and the rows that are as wide; the others are problems."""
    text = file.text(mark=True)
    if text.startswith("\ufeff"):
        text = text[1:]
        reading.supplied(Place(file.name, "line 1"), "no byte order mark", "spreadsheets write one; it is not text")
    width = 0
    for number, (place, cells) in enumerate(_cells(file.name, text, _delimiter(reading, file.name, text))):
        if number > MOST_CASES:
            raise Unreadable(place, f"more than {MOST_CASES:,} rows", "at most so many; split the table")
        width = width or len(cells)
        if len(cells) != width:
            reading.problem(place, f"{len(cells)} cells", f"{width}, as in the heading")
            continue
        plain = [unguarded(cell) for cell in cells]
        if plain != cells:
            reading.supplied(place, "texts without a leading apostrophe", "it keeps spreadsheets from calculating")
        yield place, plain


def _at(place: Place) -> Callable[[str], Place]:
    return lambda name: Place(place.file, f"{place.at}, column {name}")


def columns(reading: Reading, place: Place, heading: Sequence[str]) -> list[str] | None:
    """Return our name of each column ("": not taken over), or None and the problem with the heading."""
    mapped = {theirs: ours for ours, theirs in reading.options.columns.items()}
    if repeated := sorted({name for name in heading if list(heading).count(name) > 1}):
        reading.problem(place, f"the columns {', '.join(map(shown, repeated))} twice", "each once")
        return None
    if missing := sorted(set(mapped) - set(heading)):
        reading.problem(place, f"no column {', '.join(map(shown, missing))}", "the columns that were named for fields")
        return None
    known = {*COLUMNS, MESSAGES}
    names = []
    for name in heading:
        ours = mapped.get(name, name if name in known and name not in reading.options.columns else "")
        if not ours and name.startswith(METADATA):
            ours = name
        if not ours:
            reading.left_out(place, f"the column {name!r}", "a case has no field of this name; map it to keep it")
        names.append(ours)
    if "input" not in names and MESSAGES not in names:
        reading.problem(
            place, f"the columns {', '.join(heading) or 'none'}", "a column input (or messages), or a mapped one"
        )
        return None
    return names


def _delimiter(reading: Reading, name: str, text: str) -> str:
    first = text.split("\n", 1)[0]
    counts = {mark: first.count(mark) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ","
    if best != ",":
        reading.supplied(Place(name, "line 1"), f"that {DELIMITERS[best]} separate the cells", "the heading says so")
    return best


def _cells(name: str, text: str, delimiter: str) -> Iterator[tuple[Place, list[str]]]:
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise Unreadable(Place(name, f"line {line}"), "a NUL character", "text")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield Place(name, f"line {line}"), cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(Place(name, f"line {line}"), f"no table: {error}", "cells as RFC 4180 writes them") from None


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as a table, safe to open in a spreadsheet."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([guarded(cell) for cell in to_row(case).values()] for case in cases)
    return {"cases.csv": target.getvalue().encode()}
