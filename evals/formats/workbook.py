"""Workbooks (XLSX) for people who live in spreadsheets: sheets of cases, slices and labels, and how to fill them in.

Written and read with openpyxl. Every cell is written as text, marked so that a spreadsheet keeps it so (ECMA-376-1,
18.8.45, quotePrefix); a formula is refused wherever it stands, since what it shows can change. Characters that XML
cannot hold, and carriage returns, are written as _xHHHH_ (18.4.12, ST_Xstring), and so is a text that looks like one.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.engine.spec import Case
from evals.formats.csv_table import columns
from evals.formats.reading import MOST_CASES, Place, Reading, SourceFile, Unreadable, shown
from evals.formats.rows import COLUMNS, read_row, to_row
from evals.formats.writing import NotWritable
from governance.file_types import NotAllowed, recognise

CASES, SLICES, LABELS, HELP = "Cases", "Slices", "Labels", "How to fill in"
MOST_CHARACTERS = 32_767
"""characters a cell can hold, in any spreadsheet (Excel's own limit)"""
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WIDE = {"input": 60, "target": 40, "system": 30, "note": 30, "provenance": 30}


def escaped(text: str) -> str:
    """Return a text as a cell holds it."""
    return _ESCAPE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def unescaped(text: str) -> str:
    """Return the text that a cell holds."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read workbooks."""
    for file in files:
        _read(reading, file)


def _read(reading: Reading, file: SourceFile) -> None:
    import openpyxl

    place = Place(file.name)
    try:
        recognise(file.path, "cases.xlsx")
        with zipfile.ZipFile(file.path) as archive:
            parts = archive.namelist()
        for beginning, what in (
            ("xl/comments", "comments"),
            ("xl/drawings", "drawings"),
            ("xl/externalLinks", "links"),
        ):
            if any(part.startswith(beginning) for part in parts):
                reading.left_out(place, what, "a case holds what its cells say")
        book = openpyxl.load_workbook(file.path, read_only=True, keep_links=False)
    except NotAllowed as error:
        raise Unreadable(place, f"no workbook that is read here: {error}", "a plain .xlsx") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Unreadable(place, f"no workbook ({str(error)[:200]})", "an .xlsx file") from None
    try:
        if CASES not in book.sheetnames:
            raise Unreadable(place, f"the sheets {', '.join(book.sheetnames)}", f"one called {CASES}")
        for name in book.sheetnames:
            if name not in (CASES, SLICES, LABELS, HELP):
                reading.left_out(place, f"the sheet {name!r}", f"only {CASES}, {SLICES} and {LABELS} are read")
        for name, take in ((SLICES, _take_slice), (LABELS, _take_label)):
            if name in book.sheetnames:
                for row, cells in _texts(reading, file.name, book[name]):
                    take(reading, Place(file.name, f"sheet {name}, row {row}"), cells)
        _cases(reading, file.name, book[CASES])
    finally:
        book.close()


def _cases(reading: Reading, name: str, sheet: Any) -> None:
    rows = _texts(reading, name, sheet)
    first, heading = next(rows, (1, {}))
    width = max(heading, default=0)
    place = Place(name, f"sheet {CASES}, row {first}")
    names = columns(reading, place, [heading.get(n, ("", ""))[1] for n in range(1, width + 1)])
    if names is None:
        return
    for number, (row, cells) in enumerate(rows, start=1):
        place = Place(name, f"sheet {CASES}, row {row}")
        if number > MOST_CASES:
            raise Unreadable(place, f"more than {MOST_CASES:,} rows", "at most so many; split the set")
        if beyond := [where for index, (where, _) in cells.items() if index > width]:
            reading.problem(
                Place(name, f"sheet {CASES}, cell {beyond[0]}"), "a cell without a heading", "a column's name"
            )
            continue
        given, places = {}, {}
        for index, (where, text) in cells.items():
            if ours := names[index - 1]:
                given[ours], places[ours] = text, Place(name, f"sheet {CASES}, cell {where}")
        read_row(reading, place, lambda column, places=places, place=place: places.get(column, place), given, number)  # type: ignore[misc]


def _take_slice(reading: Reading, place: Place, cells: Mapping[int, tuple[str, str]]) -> None:
    name, about, role = (cells.get(index, ("", ""))[1] for index in (1, 2, 3))
    if (name, about) == ("slice", "description"):
        return
    if not name or not about or name in reading.slices:
        reading.problem(place, f"slice {name!r}, description {about!r}", "a new name and what the slice holds")
        return
    reading.slices[name] = about
    if role:
        reading.roles[name] = role


def _take_label(reading: Reading, place: Place, cells: Mapping[int, tuple[str, str]]) -> None:
    name = cells.get(1, ("", ""))[1]
    if name == "label" and not reading.labels:
        return
    if not name or name in reading.labels:
        reading.problem(place, f"label {name!r}", "a new name")
    else:
        reading.labels.append(name)


def _texts(reading: Reading, file: str, sheet: Any) -> Iterator[tuple[int, dict[int, tuple[str, str]]]]:
    """Yield each row that holds something: its number, and by column the cell's name and text."""
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        texts = {}
        number = 0
        for cell in row:
            if cell.value is None:
                continue
            number = cell.row
            text = _text(reading, Place(file, f"sheet {sheet.title}, cell {cell.coordinate}"), cell)
            if text:
                texts[cell.column] = (cell.coordinate, text)
        if texts:
            yield number, texts


def _text(reading: Reading, place: Place, cell: Any) -> str:
    value, kind = cell.value, cell.data_type
    if kind == "f" or not isinstance(value, str | int) or isinstance(value, bool):
        what = "a formula" if kind == "f" else f"{type(value).__name__} {shown(str(value))}"
        reading.problem(place, what, "text; format the column as text and type it again")
        return ""
    if isinstance(value, int):
        reading.supplied(place, "whole numbers as text", "the cell holds a number")
        return str(value)
    return unescaped(value)


def write(
    cases: Sequence[Case],
    *,
    slices: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    labels: Sequence[str] = (),
) -> dict[str, bytes]:
    """Return the cases as a workbook with their slices and labels.

    Raises:
        NotWritable: a text is longer than a cell can be.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    book = openpyxl.Workbook(write_only=True)
    wrap, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)

    def line(sheet: Any, texts: Sequence[str], font: Any = None) -> None:
        cells = []
        for text in texts:
            cell = WriteOnlyCell(sheet, None)
            if text:
                cell._value, cell.data_type = escaped(text), "s"  # `value` would take a leading "=" for a formula
                cell.quotePrefix = True
                cell.number_format = "@"
            cell.alignment = wrap
            if font is not None:
                cell.font = font
            cells.append(cell)
        sheet.append(cells)

    def begun(title: str, widths: Sequence[int], heading: Sequence[str]) -> Any:
        sheet = book.create_sheet(title)
        for index, width in enumerate(widths):
            sheet.column_dimensions[chr(ord("A") + index)].width = width
        sheet.freeze_panes = "B2" if title == CASES else "A2"
        line(sheet, heading, bold)
        return sheet

    sheet = begun(CASES, [_WIDE.get(name, 16) for name in COLUMNS], list(COLUMNS))
    for case in cases:
        texts = list(to_row(case).values())
        if any(len(escaped(text)) > MOST_CHARACTERS for text in texts):
            raise NotWritable(
                case.id, f"it has a text of more than {MOST_CHARACTERS:,} characters, more than a cell holds"
            )
        line(sheet, texts)
    known = slices if slices is not None else {name: name for case in cases for name in case.slices}
    sheet = begun(SLICES, [24, 70, 18], ["slice", "description", "role"])
    for name, about in known.items():
        line(sheet, [name, about, (roles or {}).get(name, "")])
    sheet = begun(LABELS, [40], ["label"])
    for name in labels:
        line(sheet, [name])
    sheet = begun(HELP, [20, 100], ["column", "what goes in"])
    for name, about in COLUMNS.items():
        line(sheet, [name, about])
    line(sheet, ["", "One case a row. Keep the headings. Type text, no formulas; a row that cannot be read is named."])
    with tempfile.SpooledTemporaryFile(max_size=64 * 1024 * 1024) as target:
        book.save(target)
        target.seek(0)
        return {"cases.xlsx": target.read()}
