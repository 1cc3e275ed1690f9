"""The tables of a register: exactly the rows that the entries of its period give when they are counted again."""

from governance.proof import register
from governance.proof.page_compare import Comparison
from governance.proof.page_facts import Facts
from governance.proof.page_text import Element
from governance.proof.printed import count
from governance.proof.register import Row
from governance.proof.register_checks import KIND, counted_again

__all__ = ["KIND", "SECTIONS"]


def _rows(rows: tuple[Row, ...]) -> list[list[str | None]]:
    return [[count(value) if isinstance(value, int) else str(value) for value in row] for row in rows]


def _made(facts: Facts) -> register.Register:
    evidence = facts.evidence
    if evidence.counted is None or evidence.period is None:
        raise register.GapError("the evidence holds no register")
    return counted_again(evidence, evidence.counted, evidence.period, {**facts.around, **facts.leaves})


def runs(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the runs and their attempts."""
    found.table(section, register.RUN_COLUMNS, _rows(_made(facts).runs), "the table of runs")


def releases(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the releases."""
    found.table(section, register.RELEASE_COLUMNS, _rows(_made(facts).releases), "the table of releases")


def refused(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the refused acts."""
    found.table(section, register.REFUSAL_COLUMNS, _rows(_made(facts).refused), "the table of refused acts")


SECTIONS = {"Runs and attempts": runs, "Releases": releases, "Refused acts": refused}
