"""Reading an inventory: a table (CSV) or JSON from another system, by columns that somebody mapped to ours.

Our columns, each optional; a row needs one of `job`, `digest` and `service`:

    source_id    what the other system calls it
    job          a job or attempt of ours, or a text that has its identifier in it, such as a label or comment
    digest       SHA-256 of a file of the model it runs, or of a document of ours
    service      what it is called
    environment  such as production
    started      when it began: ISO 8601; without a time zone it is UTC
    ended        when it ended; empty while it runs
    state        as the other system says it

A mapping names the other system's column, or in JSON the path of a member by RFC 6901 ("/metadata/uid"). Times and
identifiers that stand for "not known" in such lists ("Unknown", "None", "N/A", "-", the first moment there is) count as
empty; names of services and environments stand as they are, "NA" among them. Nothing is guessed: what cannot be read
refuses the whole file, naming its line (of CSV; of JSON the item).
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

COLUMNS: Final = ("source_id", "job", "digest", "service", "environment", "started", "ended", "state")
TELLING: Final = ("job", "digest", "service")
MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 64 * 1024 * 1024
LONGEST: Final = 2000
EMPTY: Final = frozenset({"", "unknown", "none", "null", "n/a", "na", "-", "nan", "0001-01-01t00:00:00z"})
"""what stands for "not known", in small letters; the last is how Go writes a time that was never set"""
NAMES: Final = frozenset({"service", "environment"})
DELIMITERS: Final = ",;\t|"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DIGEST = re.compile(r"(?:sha256[:-])?([0-9a-f]{64})", re.IGNORECASE)

PRESETS: Final[dict[str, dict[str, str]]] = {
    "plain": {name: name for name in COLUMNS},
    "kubernetes": {
        "source_id": "/metadata/uid",
        "job": "/metadata/labels/countersign-job",
        "digest": "/metadata/annotations/countersign-digest",
        "service": "/metadata/labels/app",
        "environment": "/metadata/namespace",
        "started": "/status/startTime",
        "state": "/status/phase",
    },
    "sacct": {
        "source_id": "JobID",
        "job": "Comment",
        "service": "JobName",
        "started": "Start",
        "ended": "End",
        "state": "State",
    },
    "aws-billing": {
        "source_id": "lineItem/ResourceId",
        "job": "resourceTags/user:countersign-job",
        "service": "resourceTags/user:service",
        "environment": "resourceTags/user:environment",
        "started": "lineItem/UsageStartDate",
        "ended": "lineItem/UsageEndDate",
    },
}
"""Mappings for lists as they come: ours by name, `kubectl get pods -o json`, `sacct -P`, an AWS cost and usage report.

Sources: Kubernetes API reference v1 PodList; sacct(1), --format and --parsable2; AWS Cost and Usage Reports, line item
and resource tag columns. The labels, annotations, comments and tags that name our identifiers are the organisation's to
set.
"""


class InventoryError(ValueError):
    """The file cannot be read: `place` is a line or item, or a column; the text says what was found and expected."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an inventory. `number` is its line in CSV, where a heading is line 1, and its item in JSON."""

    number: int
    source_id: str
    job: str
    digest: str
    service: str
    environment: str
    started: datetime | None
    ended: datetime | None
    state: str


def read(data: bytes, *, form: str, columns: Mapping[str, str]) -> list[Row]:
    """Return the rows of a file; `form` is "csv" or "json", `columns` maps ours to theirs.

    Raises:
        InventoryError: the mapping names nothing telling, or anything in the file cannot be read.
    """
    _check(columns)
    if len(data) > MOST_BYTES:
        raise InventoryError("file", f"found {len(data)} bytes, expected at most {MOST_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InventoryError(f"line {line}", "found bytes that are not UTF-8, expected text in UTF-8") from None
    source = _csv(text, columns) if form == "csv" else _json(text, columns)
    rows: list[Row] = []
    for number, place, cells in source:
        if len(rows) >= MOST_ROWS:
            raise InventoryError(place, f"found more than {MOST_ROWS} rows, expected at most so many; split the period")
        rows.append(_row(number, place, cells))
    return rows


def _check(columns: Mapping[str, str]) -> None:
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise InventoryError("columns", f"found {unknown[0][:80]!r}, expected some of {', '.join(COLUMNS)}")
    if not set(columns) & set(TELLING):
        raise InventoryError("columns", f"found none of {', '.join(TELLING)}, expected at least one")


def _csv(text: str, columns: Mapping[str, str]) -> Iterator[tuple[int, str, dict[str, str]]]:
    heading = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    places: dict[str, int] = {}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InventoryError(f"line {line}", f"it is no line of a table: {error}") from None
        if not cells or cells == [""]:
            continue
        if names is None:
            names = [cell.strip() for cell in cells]
            places = _places(names, columns)
            continue
        if len(cells) != len(names):
            raise InventoryError(f"line {line}", f"found {len(cells)} cells, expected {len(names)} as in the heading")
        yield line, f"line {line}", {ours: cells[place] for ours, place in places.items()}
    if names is None:
        raise InventoryError("line 1", "found nothing, expected a heading with the names of the columns")


def _places(names: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    if doubled := sorted({name for name in names if names.count(name) > 1 and name in columns.values()}):
        raise InventoryError("line 1", f"found the column {doubled[0][:80]!r} twice, expected it once")
    found = {ours: names.index(theirs) for ours, theirs in columns.items() if theirs in names}
    if not set(found) & set(TELLING):
        wanted = ", ".join(columns[name] for name in TELLING if name in columns)
        raise InventoryError("line 1", f"found none of the columns {wanted}, expected at least one of them")
    return found


def _json(text: str, columns: Mapping[str, str]) -> Iterator[tuple[int, str, dict[str, str]]]:
    try:
        told = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InventoryError(f"line {error.lineno}", f"it is no JSON: {error.msg}") from None
    except InventoryError:
        raise
    except ValueError:  # a whole number so long that Python reads none such
        raise InventoryError("file", "found a number of thousands of digits, expected none so long") from None
    except RecursionError:
        raise InventoryError("file", "found JSON within JSON without end, expected a list of items") from None
    items = told.get("items") if isinstance(told, dict) else told
    if not isinstance(items, list):
        raise InventoryError("file", 'found no list, expected one, or an object with a list called "items"')
    for number, item in enumerate(items, start=1):
        place = f"item {number}"
        if not isinstance(item, dict):
            raise InventoryError(place, "found no object, expected one")
        yield number, place, {ours: _member(item, path, place, ours) for ours, path in columns.items()}


def _no_constant(name: str) -> Any:
    raise InventoryError("file", f"found {name}, which is no JSON")


def _member(item: dict[str, Any], path: str, place: str, ours: str) -> str:
    """Return a member by its name or, where the path begins with "/", by RFC 6901; empty where it is not there."""
    found: Any = item
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")] if path[:1] == "/" else [path]
    for step in steps:
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return ""
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise InventoryError(place, f"{ours}: found {type(found).__name__} at {path[:80]!r}, expected a text or number")
    return str(found)


def _row(number: int, place: str, cells: Mapping[str, str]) -> Row:
    told = {}
    for name in COLUMNS:
        text = cells.get(name, "").strip()
        if len(text) > LONGEST:
            raise InventoryError(place, f"{name}: found {len(text)} characters, expected at most {LONGEST}")
        if not text.isprintable():
            raise InventoryError(place, f"{name}: found a character that cannot be printed")
        told[name] = "" if name not in NAMES and text.casefold() in EMPTY else text
    job = _UUID.search(told["job"])
    started, ended = _time(told["started"], place, "started"), _time(told["ended"], place, "ended")
    if started is not None and ended is not None and ended < started:
        raise InventoryError(place, f"ended: found {told['ended']}, expected nothing before {told['started']}")
    row = Row(
        number,
        told["source_id"],
        job[0].lower() if job else "",
        _digest(told["digest"], place),
        told["service"],
        told["environment"],
        started,
        ended,
        told["state"],
    )
    if not (row.job or row.digest or row.service):
        raise InventoryError(place, f"found none of {', '.join(TELLING)}, expected at least one")
    return row


def _digest(text: str, place: str) -> str:
    if not text:
        return ""
    found = _DIGEST.fullmatch(text)
    if found is None:
        raise InventoryError(place, f"digest: found {text[:80]!r}, expected 64 hexadecimal digits of a SHA-256")
    return f"sha256:{found[1].lower()}"


def _time(text: str, place: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InventoryError(place, f"{name}: found {text[:80]!r}, expected such as 2026-11-01T08:00:00Z") from None
