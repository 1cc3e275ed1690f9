"""A document's body as the page draws it: the same tree of `governance.readable`, with the same words, as blocks."""

from collections.abc import Iterable, Iterator
from typing import Any

from governance.proof.sections.blocks import Block, Column, DataTable, Fact, FactsTable, Paragraph
from governance.readable import Node, Row, file_size, readable
from governance.registry import Kind

WIDEST = 44  # characters from which a column gets no wider
CODE = 30  # a digest is set small, and breaks anywhere


def read_body(kind: Kind, body: dict[str, Any]) -> list[Block]:
    """Return every value of a body under the names and in the order that the page has them."""
    tree = readable(body, kind.schema)
    return list(_gathered(_parts("", tree.rows))) or [Paragraph("It is empty.")]


def _gathered(parts: Iterable[Fact | DataTable]) -> Iterator[Block]:
    """Put facts that follow one another into one table."""
    facts: list[Fact] = []
    for part in parts:
        if isinstance(part, Fact):
            facts.append(part)
            continue
        if facts:
            yield FactsTable(tuple(facts))
            facts = []
        yield part
    if facts:
        yield FactsTable(tuple(facts))


def _parts(path: str, rows: Iterable[Row]) -> Iterator[Fact | DataTable]:
    for row in rows:
        name = f"{path} › {row.label}" if path else row.label
        yield from _part(name, row.node)


def _part(name: str, node: Node) -> Iterator[Fact | DataTable]:
    if node.shape == "fields" and any(row.node.shape in DEEP for row in node.rows) and "›" in name:
        rows = tuple((path, told) for path, told in _leaves("", node))
        yield DataTable(name, (Column("Where", 42), Column("Value", 58)), rows)
    elif node.shape == "fields":
        yield from _parts(name, node.rows)
    elif node.shape == "items" and len(node.rows) > 1 and all(_flat(row.node) for row in node.rows):
        yield from _side_by_side(name, [row.node for row in node.rows])
    elif node.shape == "items":
        for number, row in enumerate(node.rows, start=1):
            yield from _part(f"{name} {number}", row.node)
    elif node.shape == "table":
        yield _table(name, node)
    else:
        yield Fact(name, text(node), code=node.shape == "digest")


DEEP = ("fields", "items", "table")
ABREAST = 4  # records that a page is wide enough for


def _flat(node: Node) -> bool:
    return node.shape == "fields" and not any(row.node.shape in DEEP for row in node.rows)


def _side_by_side(name: str, records: list[Node]) -> Iterator[DataTable]:
    """Records of many fields, a column each: as rows they would be too wide, and one below the other too long."""
    for start in range(0, len(records), ABREAST):
        chosen = records[start : start + ABREAST]
        numbers = [str(number) for number in range(start + 1, start + len(chosen) + 1)]
        labels = list(dict.fromkeys(row.label for record in records for row in record.rows))
        values = [{row.label: text(row.node) for row in record.rows} for record in chosen]
        rows = tuple((label, *(each.get(label, "none") for each in values)) for label in labels)
        columns = (Column("Field", 20), *(Column(number, 20) for number in numbers))
        yield DataTable(
            f"{name} {numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{name} {numbers[0]}", columns, rows
        )


def _leaves(path: str, node: Node) -> Iterator[tuple[str, str]]:
    if node.shape not in DEEP:
        yield path, text(node)
        return
    rows = node.rows or [
        Row(f"{number} › {column}" if column else str(number), "", cell)
        for number, cells in enumerate(node.cells, start=1)
        for column, cell in zip(node.columns, cells, strict=True)
    ]
    for number, row in enumerate(rows, start=1):
        step = row.label or str(number)
        yield from _leaves(f"{path} › {step}" if path else step, row.node)


def _table(name: str, node: Node) -> DataTable:
    columns = []
    for number, title in enumerate(node.columns):
        cells = [row[number] for row in node.cells]
        code = any(cell.shape == "digest" for cell in cells)
        longest = CODE if code else max(len(title), *(len(text(cell)) for cell in cells))
        columns.append(Column(title, max(6, min(longest, WIDEST)), code=code))
    return DataTable(name, tuple(columns), tuple(tuple(text(cell) for cell in row) for row in node.cells))


def text(node: Node) -> str:
    """Return one value in the words of the page."""
    if node.shape in ("yes", "no"):
        return node.shape
    if node.shape == "empty":
        return "none"
    if node.shape == "size":
        return file_size(node.value)
    if node.shape == "tags":
        return ", ".join(node.value)
    if node.shape == "fields":
        return "; ".join(f"{row.label}: {text(row.node)}" for row in node.rows)
    if node.shape == "items":
        return "; ".join(text(row.node) for row in node.rows)
    return str(node.value)
