"""Pieces that the report sections of several kinds are made of."""

from governance.proof.sections.blocks import (
    Block,
    Column,
    DataTable,
    Fact,
    FactsTable,
    Heading,
    Notice,
    Paragraph,
    Value,
    facts,
    files,
    table,
)
from governance.reports.model import Section

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
