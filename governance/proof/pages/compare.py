"""Comparing what a page says with what it must say, strictly, and keeping count of what nobody compared."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from governance.proof.reading.text import Element
from governance.proof.words.places import Reader
from governance.proof.words.printed import printable
from governance.proof.words.style import SANS
from governance.proof.words.typefaces import faces

Expected = str | None
"""what a cell must say; None where the evidence does not tell"""
BULLET = "–"
"""what stands before the items of page one's lists"""
MOST = 20
"""problems told in full; a page that lies in every row needs no line for each"""


Source = TypeVar("Source")


class Rows(Protocol):
    """What the rows of a table must say, one after the other."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Sequence[Expected]]: ...


@dataclass(frozen=True)
class Made(Generic[Source]):
    """The rows of a long table, each made of one of its sources when it is asked for, and kept by nobody."""

    sources: Sequence[Source]
    row: Callable[[Source], Sequence[Expected]]

    def __len__(self) -> int:
        return len(self.sources)

    def __iter__(self) -> Iterator[Sequence[Expected]]:
        return map(self.row, self.sources)


@dataclass
class Comparison:
    """What was found wrong, and by section what was left uncompared. `known` are the parts that were compared.

    `reader` reads the sentences of one report, so that all of them together take no more steps than it may take.
    """

    problems: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    reader: Reader | None = None

    def wrong(self, page: int, text: str) -> None:
        """Note something that the page says and the evidence does not."""
        self.problems.append(f"page {page}: {text}")

    def leave(self, section: str, what: str) -> None:
        """Note something that is not compared."""
        said = self.left.setdefault(section, [])
        if what not in said:
            said.append(what)

    def text(self, element: Element, expected: str, what: str) -> bool:
        """Compare the text of a part; return whether it is as expected."""
        self.known.add(id(element))
        if says(element, expected):
            return True
        self.wrong(element.page, f"{what} is printed as {element.text!r}, expected {expected!r}")
        return False

    def facts(
        self, table: Element, expected: Sequence[tuple[str, Expected]], what: str, *, leaves: bool = True
    ) -> None:
        """Compare labels and values: exactly these, in this order; values of one label stand together.

        Without `leaves` values that the evidence does not tell are named elsewhere.
        """
        self.known.add(id(table))
        grouped = [(label, [value for _, value in pairs]) for label, pairs in groupby(expected, lambda one: one[0])]
        rows = rows_of(table)
        if [row[0].text for row in rows] != [label for label, _ in grouped]:
            found = ", ".join(row[0].text for row in rows)
            self.wrong(table.page, f"{what} tells of {found}, expected {', '.join(label for label, _ in grouped)}")
            return
        for row, (label, values) in zip(rows, grouped, strict=True):
            if None in values:
                # The standing of documents is told of once for all.
                if leaves and label not in ("Status", "Standing"):
                    self.leave(what, label.lower())
            elif len(row) != 2 or not says(row[1], " ".join(str(value) for value in values)):
                said = " / ".join(cell.text for cell in row[1:])
                self.wrong(
                    table.page, f"{what}, {label} is printed as {said!r}, expected {' '.join(map(str, values))!r}"
                )

    def rows(self, table: Element, expected: Rows, what: str, elsewhere: Container[str] = ()) -> None:
        """Compare the rows of a table below its head: as many as expected, in that order, cell by cell.

        Columns that are compared `elsewhere` are not named as left. Rows are read and made one by one.
        """
        self.known.add(id(table))
        heads, below = head_of(table), table.kids[1:]
        if len(below) != len(expected):
            found = rows_of(table)[1:]
            said = f"{what} has {len(found)} rows, expected {len(expected)}"
            extra = next((row for row, other in zip(found, expected, strict=False) if not _row(row, other)), None)
            extra = extra or (found[len(expected)] if len(found) > len(expected) else None)
            self.wrong(table.page, said + (f"; the first that differs is {_told(extra)}" if extra else ""))
            return
        for row, other in zip((list(part.kids) for part in below), expected, strict=True):
            for head, cell, value in zip(heads, row, other, strict=False):
                if value is None:
                    if head not in elsewhere:
                        self.leave(what, head.lower())
                elif not says(cell, value):
                    where = cell.page or table.page
                    self.wrong(where, f"{what}, {head or 'number'} is printed as {cell.text!r}, expected {value!r}")
            if len(row) != len(other):
                self.wrong(table.page, f"{what} has a row of {len(row)} cells: {_told(row)}")

    def prose(self, section: Element, expected: Sequence[Expected], what: str) -> None:
        """Compare the paragraphs and headings of a section, captions among them: exactly these, in this order."""
        parts = [part for part in section.kids if part.tag in ("P", "H2")]
        self.known.update(id(part) for part in parts)
        if len(parts) != len(expected):
            said = f"{what} has {len(parts)} paragraphs, expected {len(expected)}"
            pairs = zip(parts, expected, strict=False)
            strange = next((one for one, other in pairs if other is None or not says(one, other)), None)
            strange = strange or (parts[len(expected)] if len(parts) > len(expected) else None)
            self.wrong(section.page, f"{said}; the first that differs is {strange.text!r}" if strange else said)
            return
        for part, wanted in zip(parts, expected, strict=True):
            if wanted is not None and not says(part, wanted):
                self.wrong(part.page, f"{what} says {part.text!r}, expected {wanted!r}")

    def table(self, section: Element, head: Sequence[str], expected: Rows, what: str) -> None:
        """Compare the one table of a section with this head; there is none where there are no rows."""
        found = [table for table in tables_of(section) if head_of(table) == list(head)]
        if len(found) != (1 if expected else 0):
            self.wrong(section.page, f"{what}: found {len(found)} tables, expected {1 if expected else 0}")
            self.known.update(id(table) for table in found)
        elif expected:
            self.rows(found[0], expected, what)


def says(element: Element, expected: str) -> bool:
    """Return whether the lines of a part are these words, broken wherever a line ends.

    A space at which a line is broken is not printed, and a long word is cut without a mark.
    """
    lines = element.lines
    face = faces().get(element.face)
    wanted = printable(expected, face) if face else ""
    return lined(lines, wanted)


def lined(lines: Sequence[str], wanted: str) -> bool:
    """Return whether lines are the words `wanted`, broken wherever a line ends."""
    at = 0
    for number, line in enumerate(lines):
        if number and wanted[at : at + 1] == " " and not line.startswith(" "):
            at += 1
        if not wanted.startswith(line, at):
            return False
        at += len(line)
    return at == len(wanted)


def rows_of(table: Element) -> list[list[Element]]:
    """Return the rows of a table as cells, its head first where it has one."""
    return [list(row.kids) for row in table.kids]


def head_of(table: Element) -> list[str]:
    """Return the heads of a table's columns; empty where it has none."""
    first = table.kids[0].kids if table.kids else []
    return [cell.text for cell in first] if first and all(cell.tag == "TH" for cell in first) else []


def tables_of(section: Element) -> Iterator[Element]:
    """Yield the tables of a section, in reading order."""
    return section.all("Table")


def beginning(items: Iterable[Element], label: str) -> list[Element]:
    """Return the items of a list that begin with a label in bold."""
    return [item for item in items if item.text.removeprefix("– ").startswith(f"{label}.")]


def shown(text: str, face: str = SANS) -> str:
    """Return a text as a face prints it."""
    return printable(text, faces()[face])


def alike(one: str, other: str) -> bool:
    """Return whether two texts differ at most in where lines are broken."""
    return "".join(one.split()) == "".join(other.split())


def clipped(found: str, text: str) -> bool:
    """Return whether a line is a text, or as much of its beginning as there was room for, with an ellipsis."""
    whole = shown(text)
    return found == whole or (found.endswith("…") and len(found) > 1 and whole.startswith(found[:-1].rstrip()))


def _row(row: Sequence[Element], expected: Sequence[Expected]) -> bool:
    return len(row) == len(expected) and all(
        value is None or says(cell, value) for cell, value in zip(row, expected, strict=True)
    )


def _told(row: Sequence[Element]) -> str:
    return repr(" | ".join(cell.text for cell in row))
