"""What commands print: plain text for programs, colour and tables for people at a terminal."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer


def is_terminal() -> bool:
    """Return whether a person reads the output."""
    return sys.stdout.isatty()


def say(text: str = "", *, colour: str | None = None, bold: bool = False, err: bool = False) -> None:
    """Print a line, coloured only at a terminal whose user wants colour (https://no-color.org)."""
    text = printable(text)
    plain = "NO_COLOR" in os.environ or not (sys.stderr if err else sys.stdout).isatty()
    typer.echo(text if plain else typer.style(text, fg=colour, bold=bold or None), err=err)


def printable(text: str) -> str:
    """Return text from the server without characters that would steer the terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def finding(row: Mapping[str, Any]) -> None:
    """Print why something was refused, and who can mend it how."""
    say(f"      found     {row['found']}")
    say(f"      expected  {row['expected']}")
    if row.get("remedy"):
        who = f" ({row['who']})" if row.get("who") else ""
        say(f"      remedy    {row['remedy']}{who}")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows: a table at a terminal, tab-separated with a heading line otherwise."""
    texts = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if not is_terminal():
        for row in [list(columns), *texts]:
            typer.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in texts:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)
