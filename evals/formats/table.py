"""Any small table, as it stands: the heading and the rows of a CSV file or of a workbook's first sheet, as text."""

import datetime as dt
import zipfile
from decimal import Decimal
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, Final

from evals.formats.csv_table import rows as csv_rows
from evals.formats.reading import MOST_ROWS, Place, Reading, SourceFile, Unreadable, shown
from evals.formats.workbook import unescaped
from governance.file_types import NotAllowed, recognise

MOST_COLUMNS: Final = 60
LONGEST: Final = 2000
"""characters of a cell"""


def read_table(file: SourceFile, most: int = MOST_ROWS) -> dict[str, Any]:
    """Return `columns`, the heading, and `rows`, each as wide; every cell is text, and empty rows are left out.

    `places` says of each row where it stands in the file. More than `most` rows are not read.

    Raises:
        Unreadable: it is no table, or larger than may be; the text says where.
    """
    ending = PurePosixPath(file.name).suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise Unreadable(Place(file.name), "a file of another kind", "a name that ends in .csv or .xlsx")
    lines = _csv(file) if ending == ".csv" else _sheet(file, most)
    heading = lines[0][1] if lines else []
    below = [(at, line) for at, line in lines[1:] if any(line)]
    rows = [line for _, line in below]
    place = Place(file.name)
    if not rows or not all(heading):
        raise Unreadable(place, f"{len(rows)} rows below {len(heading)} columns", "a heading in each, and a row")
    if len(set(heading)) != len(heading):
        raise Unreadable(place, "two columns of one name", "names of their own")
    if len(rows) > most:
        raise Unreadable(place, f"more than {most} rows", f"at most {most}")
    if len(heading) > MOST_COLUMNS:
        raise Unreadable(place, f"{len(heading)} columns", f"at most {MOST_COLUMNS}")
    if any(len(cell) > LONGEST for line in rows for cell in line):
        raise Unreadable(place, "a cell that is longer", f"at most {LONGEST} characters in each")
    return {"columns": heading, "rows": rows, "places": [at for at, _ in below]}


def _csv(file: SourceFile) -> list[tuple[str, list[str]]]:
    reading = Reading("table")
    lines = [(place.at, [cell.strip() for cell in cells]) for place, cells in csv_rows(reading, file)]
    if reading.problems:
        problem = reading.problems[0]
        raise Unreadable(problem.place, problem.found, problem.expected)
    return lines


def _sheet(file: SourceFile, most: int) -> list[tuple[str, list[str]]]:
    import openpyxl

    place = Place(file.name)
    try:
        recognise(file.path, "table.xlsx")
        book = openpyxl.load_workbook(file.path, read_only=True, keep_links=False)
    except NotAllowed as error:
        raise Unreadable(place, f"no workbook that is read here: {error}", "a plain .xlsx") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Unreadable(place, f"no workbook ({str(error)[:200]})", "an .xlsx file") from None
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        filled = (
            (f"row {number}", line)
            for number, row in enumerate(sheet.iter_rows(), start=1)
            if any(line := [_cell(file.name, cell) for cell in row])
        )
        lines = list(islice(filled, most + 2))  # with the heading, one more than may be
    finally:
        book.close()
    width = max((place + 1 for place, cell in enumerate(lines[0][1]) if cell), default=0) if lines else 0
    if beyond := next((line for _, line in lines if any(line[width:])), None):
        raise Unreadable(place, f"{shown(next(filter(None, beyond[width:])))} below no heading", "a heading above it")
    return [(at, (line + [""] * width)[:width]) for at, line in lines]


def _cell(name: str, cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    place = Place(name, f"cell {cell.coordinate}")
    if cell.data_type == "f":
        raise Unreadable(place, "a formula", "its value; paste it as one")
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        return unescaped(value).strip()
    raise Unreadable(place, shown(str(value)), "text or a number")
