"""The blocks a section is made of, as flowables: prose, commands, facts, data table, key figures, charts."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from reportlab.platypus import CondPageBreak, Flowable

from governance.proof.sections.blocks import (
    Block,
    Commands,
    DataTable,
    Fact,
    FactsTable,
    Heading,
    KeyFigures,
    Paragraph,
    Value,
)
from governance.reports import style, tables, words
from governance.reports.drawn_chart import drawn
from governance.reports.key_figures import Panel
from governance.reports.layout import Prose
from governance.reports.tags import Element

ROWS = 500
"""rows in one table flowable: what is left of a table is copied at each page, so a long one goes in pieces"""


def block(found: Block, tag: Element) -> list[Flowable]:
    """The flowables of one block, tagged below `tag`."""
    match found:
        case Paragraph():
            return [prose(found.text, tag)]
        case Heading():
            return [CondPageBreak(80), Prose.of(found.text, style.H3, tag.child("H2"))]
        case Commands():
            return commands(found.lines, tag)
        case FactsTable():
            return [facts_table(found.rows, tag)]
        case DataTable():
            return data_table(found, tag)
        case KeyFigures():
            return [Panel(found, tag)]
        case _:
            # The caption is set first: readers hear it before the figure.
            caption = _caption(found.caption, tag)
            # Its parts, where a page is too short for all of it, stay where the first is read.
            figure = drawn(found, tag.child("Div"))
            return [CondPageBreak(min(figure.height + 30, style.DEPTH * 0.6)), caption, figure]


def prose(text: str, tag: Element) -> Prose:
    """A paragraph of running text."""
    return Prose.of(text, style.BODY, tag.child("P"))


def commands(lines: Sequence[str], tag: Element) -> list[Flowable]:
    """Commands to type, each a paragraph of code in the fixed-width face."""
    faces = [style.CODE] * (len(lines) - 1) + [style.CODE_LAST]
    return [Prose.of(line, face, tag.child("P").child("Code")) for line, face in zip(lines, faces, strict=True)]


def facts_table(rows: Sequence[Fact], tag: Element) -> tables.Table:
    """Labels left, values right, values of one label together; a value that is not known says so."""
    columns = tables.lanes((18, 82), (False, False))
    made = []
    for label, facts in groupby(rows, key=lambda fact: fact.label):
        made.append(tables.row(((tables.Text(label, tables.LABEL),), tuple(_fact(fact) for fact in facts)), columns))
    return tables.Table(columns, made, tag.child("Table"), row_heads=True)


def _fact(fact: Fact) -> tables.Text:
    if fact.value is None:
        return tables.Text(words.UNKNOWN, tables.STRONG, link=fact.link)
    text = words.moment(fact.value) if isinstance(fact.value, datetime) else fact.value
    face = tables.CODE if fact.code else tables.LINKED if fact.link else tables.TEXT
    return tables.Text(text, face, link=fact.link)


def data_table(table: DataTable, tag: Element) -> list[Flowable]:
    """Caption and table, in pieces of 500 rows that read as one.

    Raises ValueError for a row of the wrong length, here or when its piece is set.
    """
    caption = _caption(table.caption, tag)
    if not table.rows:
        return [CondPageBreak(50), caption, prose(table.empty, tag)]
    columns = tables.lanes([c.width for c in table.columns], [c.align == "right" for c in table.columns])
    head = tables.row([(tables.Text(c.title, tables.HEAD),) for c in table.columns], columns)
    faces = [tables.CODE if c.code else tables.TEXT for c in table.columns]
    element = tag.child("Table")

    def rows(start: int) -> list[tables.Row]:
        return [_row(values, columns, faces) for values in table.rows[start : start + ROWS]]

    starts = range(ROWS, len(table.rows), ROWS)
    pieces = [
        tables.Table(columns, rows(0), element, head=head),
        *(tables.Table.later(columns, partial(rows, start), element, head=head) for start in starts),
    ]
    for piece in pieces[:-1]:
        piece.spaceAfter = 0.0  # only the last piece is followed by space
    # At least three rows below the head, or the table begins on the next page.
    first = pieces[0].head_height + sum(pieces[0].heights[:3])
    return [CondPageBreak(min(50 + first, style.DEPTH * 0.5)), caption, *pieces]


def _row(values: Sequence[Value], columns: Sequence[tables.Lane], faces: Sequence[tables.Face]) -> tables.Row:
    if len(values) != len(columns):
        raise ValueError(f"a row of {len(values)} values in a table of {len(columns)} columns: give one for each")
    cells = [
        (tables.Text(words.value(found), tables.STRONG if found is None else face),)
        for found, face in zip(values, faces, strict=True)
    ]
    return tables.row(cells, columns)


def _caption(text: str, tag: Element) -> Prose:
    return Prose.of(text, style.CAPTION, tag.child("P"))
