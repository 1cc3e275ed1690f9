"""Our own two formats: a table of comma-separated values (RFC 4180) with a heading, and the same records as JSON."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from training.lifecycle.feeds.channels import canonical
from training.lifecycle.feeds.reading import (
    LONGEST_URL,
    LONGEST_WORDS,
    Feed,
    Said,
    Unreadable,
    address,
    checked,
    day,
    line,
    optional_line,
    parsed,
    records,
    text,
)

NEEDED = ("model", "channel", "phase", "words")
COLUMNS = (*NEEDED, "date", "precision", "announced_on", "url", "idle_days")


def read_csv(content: bytes) -> Feed:
    """Return what a table says, row by row."""
    return Feed(checked(_said(_rows(text(content)))))


def read_json(content: bytes) -> Feed:
    """Return what a list of records says; it may stand in an object under `observations`."""
    found = parsed(content)
    listed = found.get("observations") if isinstance(found, Mapping) else found
    return Feed(checked(_said(records("observations", listed))))


def _rows(words: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(words, newline=""), strict=True)
    try:
        heading = next(reader, [])
        if missing := [name for name in NEEDED if name not in heading]:
            raise Unreadable("line 1", f"no column {', '.join(missing)}", f"the columns {', '.join(COLUMNS)}")
        if len(set(heading)) != len(heading):
            raise Unreadable("line 1", "a column twice", "each once")
        for cells in reader:
            place = f"line {reader.line_num}"
            if not any(cells):
                continue
            if len(cells) != len(heading):
                raise Unreadable(place, f"{len(cells)} cells", f"{len(heading)}, as in the heading")
            yield place, dict(zip(heading, cells, strict=True))
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}", "no table", str(error)) from None


def _said(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Said]:
    for place, row in rows:
        if unknown := [name for name in row if name not in COLUMNS]:
            raise Unreadable(place, f"the unknown field {unknown[0][:40]!r}", f"of {', '.join(COLUMNS)}")
        url = optional_line(place, row, "url", longest=LONGEST_URL)
        if url and not address(url):
            raise Unreadable(place, f"the address {url[:80]!r}", "one that begins with https://")
        yield Said(
            place=place,
            model=line(place, row, "model"),
            channel=canonical(line(place, row, "channel")),
            phase=line(place, row, "phase"),
            date=day(place, row, "date"),
            precision=optional_line(place, row, "precision") or "exact",
            announced_on=day(place, row, "announced_on"),
            words=line(place, row, "words", longest=LONGEST_WORDS),
            url=url,
            idle_days=_days(place, row.get("idle_days")),
        )


def _days(place: str, value: Any) -> int | None:
    if value in (None, ""):
        return None
    plain = str(value).strip()
    digits = plain.isascii() and plain.isdigit() and len(plain) <= 4 and not isinstance(value, bool)
    if not digits or not 1 <= int(plain) <= 3650:
        raise Unreadable(place, f"idle_days {plain[:20]!r}", "a number of days from 1 to 3650")
    return int(plain)
