"""The tables of a register: exactly the rows that the entries of its period give when they are counted again."""

from collections.abc import Sequence

from governance.proof.checks.facts import Facts
from governance.proof.checks.registers import KIND, counted_again
from governance.proof.formats.fields import moment
from governance.proof.history import register
from governance.proof.history.register import Row
from governance.proof.pages.compare import Comparison
from governance.proof.reading.text import Element
from governance.proof.words import vocabulary
from governance.proof.words.printed import count, second

__all__ = ["KIND", "SECTIONS", "heads", "made", "printed"]

TIME = "When"


def heads(columns: Sequence[str]) -> list[str]:
    """Return the heads of a table of the register as pages print them."""
    return [f"{title} (UTC)" if title == TIME else title for title in columns]


def printed(columns: Sequence[str], row: Row) -> list[str | int]:
    """Return a row of the register as pages print it: moments to the second, purposes, kinds and acts in words."""
    return [_cell(title, value) for title, value in zip(columns, row, strict=True)]


def _cell(title: str, value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    if title == TIME:
        return second(moment(value))
    if title == "What":
        kind = vocabulary.kinds().get(value)
        return kind.label if kind is not None else vocabulary.purposes().get(value, value)
    if title == "Act":
        return vocabulary.acts().get(value, value)
    return value.replace("_", " ") if title == "Checks" else value


def _rows(columns: Sequence[str], rows: tuple[Row, ...]) -> list[list[str | None]]:
    told = (printed(columns, row) for row in rows)
    return [[count(value) if isinstance(value, int) else value for value in row] for row in told]


def _compare(section: Element, columns: Sequence[str], rows: tuple[Row, ...], found: Comparison, what: str) -> None:
    found.table(section, heads(columns), _rows(columns, rows), what)


def made(facts: Facts) -> register.Register:
    """Return the register counted again. Raises GapError: the evidence holds none, or lacks what it is counted from."""
    evidence = facts.evidence
    if evidence.counted is None or evidence.period is None:
        raise register.GapError("the evidence holds no register")
    return counted_again(evidence, evidence.counted, evidence.period, {**facts.around, **facts.leaves})


def runs(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the runs and their attempts."""
    _compare(section, register.RUN_COLUMNS, made(facts).runs, found, "the table of runs")


def releases(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the releases."""
    _compare(section, register.RELEASE_COLUMNS, made(facts).releases, found, "the table of releases")


def refused(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the refused acts."""
    _compare(section, register.REFUSAL_COLUMNS, made(facts).refused, found, "the table of refused acts")


SECTIONS = {"Runs and attempts": runs, "Releases": releases, "Refused acts": refused}
